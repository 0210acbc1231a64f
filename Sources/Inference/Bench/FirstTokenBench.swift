import Basics
import KVCache

extension ModelBench {
  /// From a picture and a short question to the first token, once: for a large model this takes minutes.
  /// It comes before everything else, so that the process's peak of memory is its own.
  ///
  /// - Parameter tokens: at most so many of the picture's rows enter the language model; nil: all.
  func measureFirstToken(_ size: PixelSize, tokens: PictureTokens?) throws {
    guard let sight = model.sight else { return }
    let layout = try model.layout(of: size)
    let rows = tokens.most(of: layout.count)
    let setting =
      "\(size), \(Format.counted(layout.tileCount, "tile")), "
      + (tokens.map { "\(rows) of \(layout.count) rows by \($0.method.name)" }
        ?? "\(layout.count) rows")
    let question = Array(repeating: PromptToken.token(5), count: Self.questionTokens)
    let prompt = Prompt(
      tokens: [.image] + question,
      segments: [.image] + Array(repeating: .user, count: question.count))
    let positions = prompt.rows(imageRows: rows)
    guard positions <= model.configuration.text.context else {
      throw ModelError.contextFull(
        needed: positions, context: model.configuration.text.context)
    }
    note("the first token about a picture of \(setting)")
    let pixels = Pixels(
      width: size.width, height: size.height,
      rgb: (0..<size.width * size.height * 3).map { UInt8(truncatingIfNeeded: $0 * 7) })
    let session = try session()
    let clock = ContinuousClock()
    let start = clock.now
    let image = try model.embed(pixels, as: layout)
    let encoded = clock.now
    // Choosing the rows counts as part of the prompt.
    let entering = try model.reduced(image, to: tokens)
    let logits = try session.prefill(prompt, image: entering).logits
    let end = clock.now
    precondition(!logits.isEmpty, "a prompt has a last position")
    let tower = bound(
      sight.tower.type, rows: model.configuration.vision.positions,
      Double(layout.tileCount) * squareOperations)
    // Two operations for each weight of the layers and position.
    let decoder = bound(
      model.language.type, rows: positions,
      2 * Double(model.configuration.text.layerWeights) * Double(positions))
    add(
      "picture", setting, (encoded - start) / .seconds(1), "s", bound: tower.seconds, tower.limit)
    add(
      "prompt", "\(positions) positions", (end - encoded) / .seconds(1), "s",
      bound: decoder.seconds, decoder.limit)
    add(
      "first token", setting, (end - start) / .seconds(1), "s",
      bound: tower.seconds + decoder.seconds, decoder.limit)
    guard let peak = ProcessMemory.measured()?.peak else { return }
    add(
      "peak memory", setting, Double(peak) / 1_048_576, "MiB",
      bound: Double(model.weightBytes + session.cache.bytesFull) / 1_048_576,
      "weights and full cache")
  }

  /// Positions of a short question with a template around it.
  private static let questionTokens = 40

  /// Seconds that so many operations of matrices of a type take at least.
  private func bound(
    _ type: ElementType, rows: Int, _ operations: Double
  ) -> (seconds: Double, limit: String) {
    let (arithmetic, share) = Arithmetic.of(type, m: rows, pool: model.pool)
    return (operations * share / arithmetic.rate(pool: model.pool), arithmetic.rawValue)
  }
}
