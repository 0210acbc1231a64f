/// The architecture and sizes of a LLaVA model (vision tower, two-layer projector, decoder), or of
/// a decoder alone, which reads text only.
public struct ModelConfiguration: Sendable, Equatable {
  /// The blocks of the tower that are run; nil for a text model alone.
  public var sight: VisionConfiguration?
  /// The decoder.
  public var text: TextConfiguration
  /// The epsilon that the layer norm in front of the projector adds to the variance; nil without
  /// such a norm.
  public var projectorNormEpsilon: Float?
  /// How a picture is cut and scaled for the tower, unless the user asks for another route.
  public var route: ImageRoute
  /// How pictures are cut into tiles; nil where the model looks at one square.
  public var tiling: Tiling?
  /// The token that marks the image, where the vocabulary has one. Its embedding is never used.
  public var imageToken: Int?

  init(
    vision: VisionConfiguration?, text: TextConfiguration, projectorNormEpsilon: Float? = nil,
    route: ImageRoute = .pad, tiling: Tiling? = nil, imageToken: Int? = nil
  ) {
    sight = vision
    self.text = text
    self.projectorNormEpsilon = projectorNormEpsilon
    self.route = route
    self.tiling = tiling
    self.imageToken = imageToken
  }

  /// The tower; only for a model that has one.
  public var vision: VisionConfiguration {
    get {
      guard let sight else { preconditionFailure("a text model has no vision tower") }
      return sight
    }
    set { sight = newValue }
  }

  /// Whether a newline row ends each row of the map of tiles.
  var hasNewline: Bool { tiling?.packing == .spatialUnpad }

  /// A sentence for those who ask for a number of tiles where it changes nothing; nil where pictures are
  /// cut into tiles.
  public var noTiles: String? {
    if sight == nil { return "The model sees no pictures, so a number of tiles changes nothing." }
    guard tiling == nil else { return nil }
    return "The model looks at a picture in one tile, so another number of tiles changes nothing."
  }

  /// The most rows that a picture of any size takes in a prompt; 0 where none can be seen.
  public var maximumImageRows: Int {
    guard let vision = sight else { return 0 }
    guard let tiling else { return vision.features }
    let (side, patches) = (vision.imageSide, vision.patchesPerSide)
    let maps = tiling.canvases.map { canvas in
      let rows = canvas.height / side * patches
      var area = rows * (canvas.width / side * patches)
      // A map that is larger by less than a tenth along both sides is left as it is.
      if let tiles = tiling.largestMap { area = min(area, tiles * vision.patches * 121 / 100) }
      return area + (hasNewline ? rows : 0)
    }
    return vision.features + (maps.max() ?? 0)
  }
}
