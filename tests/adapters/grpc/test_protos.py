"""The generated messages are those of the interface files, and share a process with those of other packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from tritonclient.grpc import model_config_pb2 as client_config_pb2
from tritonclient.grpc import service_pb2

from vedette.protos import grpc_service_pb2, model_config_pb2
from vedette.protos.grpc.health.v1 import health_pb2

PROTOS = Path(__file__).parents[3] / "protos"
FILES = {
    "grpc_service.proto": grpc_service_pb2,
    "model_config.proto": model_config_pb2,
    "grpc/health/v1/health.proto": health_pb2,
}


def test_the_messages_are_made_from_the_interface_files(tmp_path) -> None:
    """The compiler of protocol buffers makes the same of them now."""
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", f"--descriptor_set_out={tmp_path / 'set'}", *FILES],
        check=True,
    )
    found = FileDescriptorSet.FromString((tmp_path / "set").read_bytes())

    assert {file.name for file in found.file} == set(FILES)
    for file in found.file:
        assert without_json_names(file) == FileDescriptorProto.FromString(FILES[file.name].DESCRIPTOR.serialized_pb)


def test_the_interface_is_the_one_of_tritons_client() -> None:
    """Every message, field and method, to the byte."""
    assert grpc_service_pb2.DESCRIPTOR.serialized_pb == service_pb2.DESCRIPTOR.serialized_pb
    assert model_config_pb2.DESCRIPTOR.serialized_pb == client_config_pb2.DESCRIPTOR.serialized_pb


def test_another_version_of_the_interface_may_be_in_the_same_process() -> None:
    """A package that registers other messages under the same names first does not keep ours from loading."""
    program = """
from google.protobuf import descriptor_pb2, descriptor_pool
other = descriptor_pb2.FileDescriptorProto(name="grpc_service.proto", package="inference", syntax="proto3")
other.message_type.add(name="ModelInferRequest").field.add(name="other", number=1, type=9, label=1)
descriptor_pool.Default().AddSerializedFile(other.SerializeToString())
from vedette.protos import grpc_service_pb2
from vedette.protos.grpc.health.v1 import health_pb2
print(grpc_service_pb2.ModelInferRequest(model_name="m").model_name)
"""

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout == "m\n"


def test_the_licences_go_with_the_messages() -> None:
    """The notice beside the generated code holds the licence text of each interface file."""
    notice = (Path(grpc_service_pb2.__file__).parent / "NOTICE").read_text()
    for file in FILES:
        header = (PROTOS / file).read_text().partition("\n\n")[0]
        assert all(line.removeprefix("//").removeprefix(" ") in notice for line in header.splitlines())


def without_json_names(file: FileDescriptorProto) -> FileDescriptorProto:
    """The compiler adds a name for JSON to every field of a set."""
    messages = list(file.message_type)
    while messages:
        message = messages.pop()
        messages.extend(message.nested_type)
        for one in message.field:
            one.ClearField("json_name")
    return file
