"""Settings: ``pertinent.toml``, then ``.env``, then the environment (``PERTINENT_*``); later ones win.

=====================  ====================================================  =================
setting                what it says                                          default
=====================  ====================================================  =================
home                   folder that holds collections and caches              XDG data folder
threads                CPU threads for inference; 0 lets the engine choose   0
batch_tokens           tokens in one batch, padding included                 4096
top_k                  hits returned                                         10
candidate_multiplier   candidates per first-stage list = this x top_k        4
rerank_limit           candidates reranked at most                           40
max_per_document       passages of one document at most                      3
offline                never download a model: only what is cached           false
rerank_enabled         whether searches ask the reranker                     true
qdrant_url             the Qdrant server that ``collections push`` takes     none
qdrant_timeout         seconds for one request to a Qdrant server            30
providers              services that rerank and embed (``ProviderSettings``) none
=====================  ====================================================  =================
"""

from pertinent.settings.general import (
    KNOWLEDGE_BASES,
    PREFIX,
    SETTINGS_FILE,
    Settings,
    load_settings,
    read_settings,
)
from pertinent.settings.services import ProviderSettings

__all__ = [
    "KNOWLEDGE_BASES",
    "PREFIX",
    "SETTINGS_FILE",
    "ProviderSettings",
    "Settings",
    "load_settings",
    "read_settings",
]
