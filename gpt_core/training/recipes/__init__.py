"""The bundled models: their texts, their sizes and how each was trained."""
