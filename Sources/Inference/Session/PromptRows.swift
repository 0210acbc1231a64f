import KVCache

extension Prompt {
  /// Positions that the prompt takes when its picture takes `imageRows`.
  package func rows(imageRows: Int) -> Int {
    tokens.reduce(0) { $0 + ($1 == .image ? imageRows : 1) }
  }
}

/// A prompt as the decoder takes it: one row for each token, and the picture's rows in the place of
/// its marker.
struct PromptRows {
  private enum Source {
    case token(Int)
    /// A row of the picture.
    case image(Int)
  }

  /// `[count]`
  private let sources: [Source]
  /// `[count]`
  private let segments: [Segment]
  private let image: ImageEmbedding?
  private let language: LanguageModel

  var count: Int { sources.count }

  /// - Parameter image: needed when the prompt has a marker for one.
  init(_ prompt: Prompt, image: ImageEmbedding?, language: LanguageModel) {
    var sources: [Source] = []
    var segments: [Segment] = []
    for (token, segment) in zip(prompt.tokens, prompt.segments) {
      switch token {
      case .token(let id):
        sources.append(.token(id))
        segments.append(segment)
      case .image:
        guard let image else { preconditionFailure("an image marker needs an image") }
        sources += (0..<image.count).map(Source.image)
        segments += repeatElement(.image, count: image.count)
      }
    }
    self.sources = sources
    self.segments = segments
    self.image = image
    self.language = language
  }

  /// Embeddings of a range of rows, `[range.count, width]`, in memory that the decoder may write
  /// to.
  ///
  /// - Throws: `WeightError` when the model's file was changed after it was opened.
  func embeddings(_ range: Range<Int>) throws -> FloatBuffer {
    let width = language.configuration.width
    return try FloatBuffer(count: range.count * width) { target in
      for (index, source) in sources[range].enumerated() {
        let row = target + index * width
        switch source {
        case .token(let id): try language.embed(id, into: row)
        case .image(let index): row.update(from: image!.rows.pointer + index * width, count: width)
        }
      }
    }
  }

  /// The rows of a range in runs of the same segment.
  func segmentRuns(_ range: Range<Int>) -> [(segment: Segment, rows: Range<Int>)] {
    var runs: [(segment: Segment, rows: Range<Int>)] = []
    for row in range {
      if let last = runs.last, last.segment == segments[row] {
        runs[runs.count - 1].rows = last.rows.lowerBound..<row + 1
      } else {
        runs.append((segments[row], row..<row + 1))
      }
    }
    return runs
  }
}
