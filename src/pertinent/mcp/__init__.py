"""An MCP server: search, rerank and read collections as tools of an agent.

The SDK's package is called ``mcp`` too; all imports here are absolute, so the two do not meet. Nothing of
numpy, OpenVINO or Qdrant is imported before a tool needs it: a client waits for the list of tools.
"""
