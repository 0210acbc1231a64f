import ArgumentParser

/// How finely a picture is looked at.
struct TileOptions: ParsableArguments {
  @Option(
    name: .long,
    help: """
      Look at no more than this many squares of the picture, the one with the whole of it included: \
      fewer are quicker and show less detail. Only models with tiles (LLaVA-1.6, LLaVA-OneVision) have \
      more than one. Default: as many as the model wants.
      """)
  var tiles: Int?

  func validate() throws {
    guard let tiles, tiles < 1 else { return }
    throw ValidationError("--tiles \(tiles) is not above 0. 1 looks at the whole picture alone.")
  }
}
