"""A hand-written FastAPI service: a pool of threads in each process, over one compiled model of that process.

The job and the size of a process come by environment, since uvicorn imports the module again in each of its workers:
VEDETTE_BENCH_JOB, VEDETTE_BENCH_STREAMS, VEDETTE_BENCH_PROCESSES.

    python -m uvicorn benchmarks.peers.fastapi_server:app --workers 2
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI, Request

from benchmarks.peers.engine import classifier, read_job

STREAMS = int(os.environ["VEDETTE_BENCH_STREAMS"])
PROCESSES = int(os.environ["VEDETTE_BENCH_PROCESSES"])

classify = classifier(read_job(os.environ["VEDETTE_BENCH_JOB"]), STREAMS, 1, pinned=PROCESSES == 1)
pool = ThreadPoolExecutor(STREAMS)
app = FastAPI()


@app.post("/predict", response_model=None)
async def predict(request: Request) -> list[dict[str, float]]:
    """The five best classes of the image in the body."""
    image = await request.body()
    return (await asyncio.get_running_loop().run_in_executor(pool, classify, [image]))[0]
