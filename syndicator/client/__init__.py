"""The Python client of the HTTP API: publish products, wait until they are live, keep stock, read everything.

It imports nothing of the server. Every call is bounded in time, and repeated only where a repeat does nothing twice.
"""

from syndicator.client.client import Client
from syndicator.client.errors import ApiProblem, ClientError, NotReached, StillWorking
from syndicator.client.models import (
    Job,
    JobLine,
    Listing,
    Order,
    OrderLine,
    StockChange,
    StockLevel,
    StoredProduct,
)
from syndicator.client.stock import Stock

__all__ = [
    "ApiProblem",
    "Client",
    "ClientError",
    "Job",
    "JobLine",
    "Listing",
    "NotReached",
    "Order",
    "OrderLine",
    "StillWorking",
    "Stock",
    "StockChange",
    "StockLevel",
    "StoredProduct",
]
