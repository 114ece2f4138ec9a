"""What people note of sites: short notes, and photos, which are scaled down and lose what a phone wrote into them.

notes ─┐                         photo of a phone ─► photo_image ─► photos ─► site_photos, photo_images
       └─► removal: what is removed can be brought back for a while
"""
