"""What chapters let a reader try: each function draws one experiment under the chapter's main charts."""
