"""The store on a Qdrant server or cluster, through ``qdrant-client`` (extra ``server``)."""
