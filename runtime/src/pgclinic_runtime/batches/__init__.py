"""Rows written in groups, each exactly once: see ``BatchWriter`` and ``AsyncBatchWriter``."""

from pgclinic_runtime.batches.async_writer import AsyncBatchWriter
from pgclinic_runtime.batches.errors import GroupFailedError, Refusal, RowsRefusedError
from pgclinic_runtime.batches.ledger import Ledger, forget, forget_async, setup, setup_async
from pgclinic_runtime.batches.records import SpoolDamagedError
from pgclinic_runtime.batches.retrying import Retries
from pgclinic_runtime.batches.spool import SpoolInUseError, SpoolMismatchError
from pgclinic_runtime.batches.targets import Append, Call, Insert
from pgclinic_runtime.batches.tickets import AsyncTicket, Ticket
from pgclinic_runtime.batches.writer import BatchWriter
from pgclinic_runtime.grouping import Limits

__all__ = [
    "Append",
    "AsyncBatchWriter",
    "AsyncTicket",
    "BatchWriter",
    "Call",
    "GroupFailedError",
    "Insert",
    "Ledger",
    "Limits",
    "Refusal",
    "Retries",
    "RowsRefusedError",
    "SpoolDamagedError",
    "SpoolInUseError",
    "SpoolMismatchError",
    "Ticket",
    "forget",
    "forget_async",
    "setup",
    "setup_async",
]
