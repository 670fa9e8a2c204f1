"""Where numbers come from: file formats, the models known by name, the hub, snapshots of a training."""
