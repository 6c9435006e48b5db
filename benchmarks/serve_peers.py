"""What Triton and TorchServe need before they start: a repository of models, configuration, an archive."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.serve_envs import DEBIAN_PYTHON, Environment
from benchmarks.serve_process import Launch, free_port

PROGRAMS = "benchmarks.peers"
"""The package of the peers' programs; they find it by PYTHONPATH, and nothing of Vedette with it."""

ROOT = Path(__file__).parent.parent
FOUND = {"PYTHONPATH": str(ROOT)}

_TRITON_CONFIG = """
backend: "python"
max_batch_size: 8
input [ {{ name: "image", data_type: TYPE_STRING, dims: [ 1 ] }} ]
output [ {{ name: "top5", data_type: TYPE_STRING, dims: [ 1 ] }} ]
dynamic_batching {{ preferred_batch_size: [ 8 ] }}
instance_group [ {{ kind: KIND_CPU, count: {instances} }} ]
"""

_TORCHSERVE_CONFIG = """
inference_address=http://127.0.0.1:{port}
management_address=http://127.0.0.1:{management}
metrics_address=http://127.0.0.1:{metrics}
grpc_inference_port={grpc_inference}
grpc_management_port={grpc_management}
disable_token_authorization=true
enable_envvars_config=false
default_workers_per_model={workers}
model_store={store}
load_models=classifier.mar
"""


def triton(environment: Environment, port: int, folder: Path, job: Path, instances: int) -> Launch:
    """The bare tritonserver of the nvidia-pytriton wheel.

    - The wheel holds one stub of the python backend for each Python: it has to lie beside the backend's library.
    - It runs with Debian's Python: PyTriton's stub for 3.11 was built with an older one than pyenv's 3.11.7, with which
      it fails ("RLock has no attribute _recursion_count").
    - libcudart comes with the wheel, and is found by LD_LIBRARY_PATH only; warnings about CUDA and NVML mean nothing.
    """
    site = environment.folder / "lib" / "python3.11" / "site-packages"
    server = site / "pytriton" / "tritonserver"
    backend = folder / "backends" / "python"
    shutil.copytree(server / "backends" / "python", backend, dirs_exist_ok=True)
    shutil.copy2(server / "python_backend_stubs" / "3.11" / "triton_python_backend_stub", backend)
    model = folder / "models" / "classifier"
    (model / "1").mkdir(parents=True, exist_ok=True)
    (model / "config.pbtxt").write_text('name: "classifier"' + _TRITON_CONFIG.format(instances=instances))
    shutil.copy2(ROOT / "benchmarks" / "peers" / "triton_model.py", model / "1" / "model.py")
    told = {"folders": [str(ROOT), str(site)], "job": str(job), "instances": instances}
    (model / "1" / "paths.json").write_text(json.dumps(told))
    libraries = (str(site / "nvidia_pytriton.libs"), os.environ.get("LD_LIBRARY_PATH", ""))
    command = [str(server / "bin" / "tritonserver"), f"--model-repository={model.parent}"]
    command += [f"--backend-directory={backend.parent}", "--http-address=127.0.0.1", f"--http-port={port}"]
    command += ["--allow-grpc=false", "--allow-metrics=false", "--allow-gpu-metrics=false"]
    path = os.pathsep.join((str(Path(DEBIAN_PYTHON).parent), os.environ["PATH"]))
    return Launch(command, {"LD_LIBRARY_PATH": ":".join(filter(None, libraries)), "PATH": path}, folder)


def torchserve(environment: Environment, port: int, folder: Path, workers: int) -> Launch:
    """TorchServe in the foreground, with tokens off, and logs in its folder instead of the current one."""
    told = {name: free_port() for name in ("management", "metrics", "grpc_inference", "grpc_management")}
    config = folder / "config.properties"
    store = _archive(environment).parent
    config.write_text(_TORCHSERVE_CONFIG.format(port=port, workers=workers, store=store, **told))
    programs = environment.interpreter.parent
    command = [str(programs / "torchserve"), "--start", "--foreground", "--ncs", "--disable-token-auth"]
    extra = {
        "PATH": os.pathsep.join((str(programs), os.environ["PATH"])),  # its workers are started as `python`
        "LOG_LOCATION": str(folder),
        "METRICS_LOCATION": str(folder),
        "OMP_NUM_THREADS": "1",
    }
    return Launch([*command, "--ts-config", str(config), "--model-store", str(store)], extra, folder)


def _archive(environment: Environment) -> Path:
    """The model archive, made once in the environment's folder."""
    store = environment.folder / "store"
    archive, script = store / "classifier.mar", environment.folder / "classifier.pt"
    if not archive.exists():
        store.mkdir(exist_ok=True)
        programs = environment.interpreter.parent
        export = [str(environment.interpreter), "-m", f"{PROGRAMS}.torchserve_export", str(script)]
        pack = [str(programs / "torch-model-archiver"), "--model-name", "classifier", "--version", "1.0"]
        pack += ["--serialized-file", str(script), "--handler", "image_classifier", "--export-path", str(store)]
        for command in (export, [*pack, "--force"]):
            subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | FOUND)
    return archive
