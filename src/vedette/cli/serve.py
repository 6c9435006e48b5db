"""`vedette serve`: models behind HTTP and gRPC."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from vedette.cli.tables import Format, note


def serve(
    models: Annotated[
        Path | None,
        typer.Option("--models", metavar="DIR", help="A folder of models. Default: those that were pulled."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model", "-m", metavar="NAME", help="Serve this model; may be repeated. Default: all there are."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="vedette.yaml: everything else that can be set."),
    ] = None,
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where to listen. Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="HTTP; 0 takes a free one. Default: 8000.")] = None,
    grpc_port: Annotated[
        str | None, typer.Option(metavar="PORT|off", help="gRPC; 0 takes a free one. Default: 8001.")
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Let other machines in although no key is asked for.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Look for every problem in configuration and models, and start nothing.")
    ] = False,
    output_format: Annotated[Format, typer.Option("--format", help="How --check tells.")] = Format.TABLE,
) -> None:
    """Serve models: images over HTTP, Open Inference Protocol over REST and gRPC, a page at /.

    A newcomer's first three lines:  vedette models pull efficientnet-lite0;  vedette serve;
    curl --data-binary @photo.jpg http://127.0.0.1:8000/infer/efficientnet-lite0
    """
    from vedette.rules.serving.precedence import Flags, settled

    flags = Flags(None if models is None else str(models), tuple(model or ()), host, port, grpc_port, insecure=insecure)
    if check:
        from vedette.cli.serve_check import print_checked
        from vedette.wiring.check_serving import check_serving

        raise typer.Exit(print_checked(check_serving(config, flags, os.environ), output_format))
    from vedette.values.serving import Serving
    from vedette.wiring.process import spare_blas_threads

    spare_blas_threads()
    from vedette.wiring.serve import serve as run

    told = Serving()
    if config is not None:
        from vedette.adapters.config.serving_file import read_serving

        told = read_serving(config)
    run(settled(told, os.environ, flags), note, config)
