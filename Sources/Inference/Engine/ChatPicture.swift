import Basics
import KVCache

/// The picture of a conversation: how it is cut, and when its rows are made.
extension ChatSession {
  /// A picture before and after the vision tower.
  enum Picture {
    case pixels(Pixels)
    /// All of its rows, and those that enter the language model.
    case rows(ImageEmbedding, entering: ImageEmbedding)
  }

  /// Starts a new conversation about a picture; nil starts one without a picture.
  ///
  /// - Throws: `PictureTokenError` when it cannot have as few rows as the options ask for, `CacheError`.
  public func begin(image: ImageEmbedding?) throws {
    picture = try image.map { .rows($0, entering: try entering($0, for: nil)) }
    try clear()
  }

  /// Starts a new conversation about a picture, which is encoded when the first question is asked
  /// that fits into the context.
  ///
  /// - Throws: `ModelError.blind` for a text model alone, `PictureTokenError`.
  public func begin(pixels: Pixels) throws {
    try model.requireSight()
    if let tokens = options.pictureTokens { try model.check(tokens) }
    picture = .pixels(pixels)
    try clear()
  }

  var hasPicture: Bool { picture != nil }

  /// The picture as the language model takes it; nil before it is encoded, and without one.
  var image: ImageEmbedding? {
    if case .rows(_, let entering) = picture { entering } else { nil }
  }

  /// What the rows of the picture in the language model show of it; nil before it is encoded, and
  /// without one.
  var patches: PatchMap? { image.map { PatchMap($0.layout, sources: $0.sources) } }

  /// - Parameter question: the first one about the picture; nil while it is not known.
  private func entering(_ whole: ImageEmbedding, for question: String?) throws -> ImageEmbedding {
    try model.reduced(whole, to: options.pictureTokens, for: question)
  }

  /// Chooses the rows that enter the language model anew where the first question has a say in it.
  func chooseRows(for question: String, _ observer: any AnswerObserver) throws {
    guard case .rows(let whole, _) = picture, conversation.turns.isEmpty,
      options.pictureTokens?.method.asksQuestion == true
    else { return }
    picture = .rows(whole, entering: try entering(whole, for: question))
    if let patches { observer.receive(.patches(patches)) }
  }

  /// How a picture that is still pixels is cut for its prompt; nil where there is none.
  func layout(for prompt: Prompt) throws -> PictureLayout? {
    guard case .pixels(let pixels) = picture else { return nil }
    return try layout(of: pixels.size, text: prompt.rows(imageRows: 0))
  }

  /// Makes rows of a picture that is still pixels.
  func encodePicture(
    as layout: PictureLayout?, for question: String, _ observer: any AnswerObserver
  ) throws {
    guard case .pixels(let pixels) = picture, let layout else { return }
    try announce(layout, to: observer)
    let whole = try encode(pixels, as: layout) { done, total in
      try report(.vision, done: done, total: total, to: observer)
    }
    picture = .rows(whole, entering: try entering(whole, for: question))
  }

  /// Encodes a picture for this conversation, and learns how quick the machine is.
  func encode(
    _ pixels: Pixels, as layout: PictureLayout,
    progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> ImageEmbedding {
    let start = ContinuousClock().now
    let image = try model.embed(pixels, as: layout, progress: progress)
    pace.encoded(layout, in: ContinuousClock().now - start)
    return image
  }

  /// How a picture of this size is cut, so that the context has room for it, the text around it, and the
  /// beginning of an answer.
  ///
  /// - Parameter text: positions of the text; nil before the question is known.
  func layout(of picture: PixelSize, text: Int? = nil) throws -> PictureLayout {
    let context = model.configuration.text.context
    return try model.layout(
      of: picture, route: options.imageRoute, tiles: options.tiles,
      within: context - (text ?? 0) - min(context / 8, MemoryNeed.textPositions))
  }

  /// Tells how the picture is cut, and of tiles that had to be left out.
  func announce(_ layout: PictureLayout, to observer: any AnswerObserver) throws {
    observer.receive(.pictureLaidOut(layout))
    let wanted = try model.layout(
      of: layout.picture, route: options.imageRoute, tiles: options.tiles)
    guard layout.tileCount < wanted.tileCount else { return }
    observer.receive(
      .notice(
        "The picture is looked at in \(Format.counted(layout.tileCount, "tile")) instead of "
          + "\(wanted.tileCount): \(wanted.count) rows would leave no room for the question in the "
          + "context of \(model.configuration.text.context) positions."))
  }

  /// Looks at the next picture in no more than so many squares; nil: in as many as the model wants.
  func setTiles(_ tiles: Int?) { options.tiles = tiles }

  /// Reports the progress of a long step, and stops the step when the observer asks for that.
  func report(
    _ stage: EngineStage, done: Int, total: Int, to observer: any AnswerObserver
  ) throws {
    observer.receive(.progress(stage, done: done, total: total))
    if observer.isCancelled { throw ModelError.cancelled }
  }
}
