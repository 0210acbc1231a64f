import ArgumentParser
import Inference

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

  @Option(
    name: .long,
    help: """
      Let no more than this many of the picture's rows into the language model, so that the first word \
      comes sooner, chosen by a method: \
      \(PictureTokenMethods.all.map { "\($0.name):N" }.joined(separator: ", ")); N alone means \
      \(PictureTokenMethods.all[0].name). Default: all.
      """)
  var pictureTokens: String?

  /// `--picture-tokens` as the engine takes it.
  var wantedPictureTokens: PictureTokens? {
    get throws { try pictureTokens.map { try PictureTokens(parsing: $0) } }
  }

  /// The same for a model that is there. Of a number of tiles that changes nothing it is told.
  ///
  /// - Throws: `PictureTokenError` where the model's pictures cannot have so few rows.
  func pictureTokens(for model: LlavaModel) throws -> PictureTokens? {
    if tiles != nil { model.configuration.noTiles.map(Notice.say) }
    let tokens = try wantedPictureTokens
    if let tokens { try model.check(tokens) }
    return tokens
  }

  func validate() throws {
    _ = try wantedPictureTokens
    guard let tiles, tiles < 1 else { return }
    throw ValidationError("--tiles \(tiles) is not above 0. 1 looks at the whole picture alone.")
  }
}
