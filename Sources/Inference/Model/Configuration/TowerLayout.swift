extension PictureLayout {
  /// The layout of a picture for a tower.
  ///
  /// - Parameters:
  ///   - route: `anyres` needs `tiling`.
  ///   - tiles: the most squares, the base included; nil takes as many as the model wants.
  init(
    _ picture: PixelSize, route: ImageRoute, vision: VisionConfiguration, tiling: Tiling?,
    tiles: Int? = nil
  ) {
    self.init(
      picture, route: route, side: vision.imageSide, patch: vision.patch,
      classRows: vision.features - vision.patches, tiling: tiling, tiles: tiles)
  }
}
