"""``pertinent models``: what is known, what is present, context, size, licence."""

from __future__ import annotations


