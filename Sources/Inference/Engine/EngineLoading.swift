/// Models and pictures of the engine's conversation.
extension EngineLoop {
  /// Loads a model and begins a conversation with it; a picture that is shown stays.
  func loadModel(_ reference: String?) throws {
    defer { projector = nil }
    let (found, model) = try ModelLocator.load(reference) { found in
      let checkpoint = try WeightFormats.open(
        found, options: CheckpointOptions(projector: projector))
      let model = try LlavaModel(checkpoint, options: load) { done, total in
        try report(.loading, done: done, total: total)
      }
      return (found, model)
    }
    let chat = try ChatSession(model: model, options: options)
    self.chat = chat
    embeddings = RecentEmbeddings()
    receive(
      .modelLoaded(
        ModelSummary(
          model, template: chat.templateChoice, path: found.path, isBundled: found.isBundled)))
    reportCache()
    keepPictureTokens(where: model)
    if let picture, model.seesPictures { try show(picture.pixels) }
  }

  /// Shows the picture in a file.
  func loadImage(_ path: String) throws {
    try chat?.model.requireSight()
    let pixels = try ImageFile.load(path: path, reading: .asSeen)
    picture = (path, pixels)
    receive(.imageLoaded(path: path, pixels))
    try show(pixels)
  }

  /// Encodes the picture at once, so that a question finds it ready.
  private func show(_ pixels: Pixels) throws {
    guard let chat else { return }
    let image = try embedding(of: pixels, chat)
    try chat.begin(image: image)
    if let patches = chat.patches { receive(.patches(patches)) }
    receive(.cleared)
    reportCache()
  }

  /// Encodes the picture anew in no more than so many squares; nil: in as many as the model wants.
  func setTiles(_ tiles: Int?) throws {
    let before = options.tiles
    options.tiles = tiles
    chat?.setTiles(tiles)
    do {
      if let picture { try show(picture.pixels) }
    } catch {
      // The conversation about the picture as it was goes on.
      options.tiles = before
      chat?.setTiles(before)
      throw error
    }
  }

  /// Lets no more than so many rows of the picture in; nil: all. The conversation is read again.
  func setPictureTokens(_ tokens: PictureTokens?) {
    do {
      try chat?.setPictureTokens(tokens, observer: self)
      options.pictureTokens = tokens
      receive(.pictureTokens(tokens, problem: nil))
    } catch {
      receive(.pictureTokens(options.pictureTokens, problem: sentence(error)))
      if let patches = chat?.patches { receive(.patches(patches)) }
    }
    reportCache()
  }

  /// Takes a wish for fewer rows back that another model cannot fulfil.
  private func keepPictureTokens(where model: LlavaModel) {
    guard let tokens = options.pictureTokens else { return }
    do { try model.check(tokens) } catch {
      options.pictureTokens = nil
      chat?.options.pictureTokens = nil
      receive(.pictureTokens(nil, problem: "\(error)"))
    }
  }

  private func embedding(of pixels: Pixels, _ chat: ChatSession) throws -> ImageEmbedding {
    let layout = try chat.layout(of: pixels.size)
    try chat.announce(layout, to: self)
    return try embeddings.embedding(of: pixels, as: layout) {
      try chat.encode(pixels, as: layout) { done, total in
        try report(.vision, done: done, total: total)
      }
    }
  }
}
