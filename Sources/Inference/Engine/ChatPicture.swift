import Basics
import KVCache

/// The picture of a conversation: how it is cut, and when its rows are made.
extension ChatSession {
  /// A picture before and after the vision tower.
  enum Picture {
    case pixels(Pixels)
    case rows(ImageEmbedding)
  }

  /// Starts a new conversation about a picture; nil starts one without a picture.
  public func begin(image: ImageEmbedding?) throws {
    picture = image.map(Picture.rows)
    try clear()
  }

  /// Starts a new conversation about a picture, which is encoded when the first question is asked
  /// that fits into the context.
  ///
  /// - Throws: `ModelError.blind` for a text model alone.
  public func begin(pixels: Pixels) throws {
    try model.requireSight()
    picture = .pixels(pixels)
    try clear()
  }

  var hasPicture: Bool { picture != nil }

  var image: ImageEmbedding? {
    if case .rows(let image) = picture { image } else { nil }
  }

  /// How a picture that is still pixels is cut for its prompt; nil where there is none.
  func layout(for prompt: Prompt) throws -> PictureLayout? {
    guard case .pixels(let pixels) = picture else { return nil }
    return try layout(of: pixels.size, text: prompt.rows(imageRows: 0))
  }

  /// Makes rows of a picture that is still pixels.
  func encodePicture(
    as layout: PictureLayout?, _ observer: any AnswerObserver
  ) throws {
    guard case .pixels(let pixels) = picture, let layout else { return }
    try announce(layout, to: observer)
    picture = .rows(
      try encode(pixels, as: layout) { done, total in
        try report(.vision, done: done, total: total, to: observer)
      })
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
