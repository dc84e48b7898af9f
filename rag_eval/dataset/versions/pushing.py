"""A dataset folder given to others: copied to a folder, or put on the Hugging Face hub."""

import os
import shutil
from pathlib import Path
from typing import Any

from rag_eval.dataset import folders, manifest, writing
from rag_eval.dataset.sources import HUB
from rag_eval.errors import ConfigError, UnreachableError, UsageError
from rag_eval.telemetry import silence

_TOKEN = "HF_TOKEN"  # noqa: S105 - the name of an environment variable


def push(folder: Path, to: str, *, private: bool = True) -> str:
    """Put a dataset's own files, and nothing else that lies there, into a folder or on the hub; gives its place.

    The hub is named `hf://owner/name` and wants a token in `HF_TOKEN`. Raises `DataError` if the folder is no
    dataset, `UsageError` if the place cannot be written, `UnreachableError` if the hub does not answer.
    """
    folders.load(folder)  # what is published must be what its fingerprint says
    # What was left out on building may be what nobody should see.
    files = [name for name in writing.OURS if name != writing.QUARANTINE and (folder / name).is_file()]
    if not to.startswith(HUB):
        return _copy(folder, Path(to), files)
    return _upload(folder, to.removeprefix(HUB).removeprefix("datasets/"), files, private=private)


def _copy(folder: Path, to: Path, files: list[str]) -> str:
    if to.resolve() == folder.resolve():
        raise UsageError(f"{to}: is the dataset itself")
    if to.is_dir() and any(to.iterdir()) and manifest.data_file(to) is None:
        raise UsageError(f"{to}: holds something else; name an empty folder, or a dataset that is to be replaced")
    try:
        (to / manifest.FILE).unlink(missing_ok=True)
        for name in set(writing.OURS) - set(files):  # of a dataset that stood there before
            (to / name).unlink(missing_ok=True)
        for name in files:
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, to / name)
    except OSError as error:
        raise UsageError(f"{to}: cannot be written: {error}") from error
    return str(to)


def _upload(folder: Path, name: str, files: list[str], *, private: bool) -> str:
    silence()
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    token = os.environ.get(_TOKEN)
    if not token:
        raise ConfigError(f"{HUB}{name}: the hub wants a token. Do: export {_TOKEN}=…")
    # Its library lets errors of its HTTP client through, which one that is differs between versions.
    unreached: Any = HfHubHTTPError.__bases__
    api = huggingface_hub.HfApi(token=token)
    try:
        api.create_repo(name, repo_type="dataset", private=private, exist_ok=True)
        api.upload_folder(repo_id=name, repo_type="dataset", folder_path=folder, allow_patterns=files)
    except HFValidationError as error:
        raise UsageError(f"{HUB}{name}: is no name of a dataset on the hub: {error}") from error
    except unreached as error:
        raise UnreachableError(f"{HUB}{name}: could not be written: {str(error).replace(token, '***')}") from error
    return f"{HUB}{name}"
