"""Work on a Ray cluster: shards that are searched, files that are read and papers that are embedded by other processes (extra `ray`)."""

from rag.cluster.connecting import connect, disconnect
from rag.cluster.ingest import embed, read
from rag.cluster.searching import Clustered

__all__ = ["Clustered", "connect", "disconnect", "embed", "read"]
