"""3D models of products: checked, kept light, compressed, and published beside their poster."""
