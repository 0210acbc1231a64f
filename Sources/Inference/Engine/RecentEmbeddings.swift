/// The last pictures' embeddings, so that going back to one costs nothing.
///
/// Pictures may be large, so their digests are kept instead of them.
struct RecentEmbeddings {
  private static let most = 4
  private var known: [(digest: String, embedding: ImageEmbedding)] = []

  /// The embedding of a picture that is cut like this: a remembered one, or a new one.
  mutating func embedding(
    of pixels: Pixels, as layout: PictureLayout, make: () throws -> ImageEmbedding
  ) rethrows -> ImageEmbedding {
    let digest = pixels.digest
    let same = known.first { $0.embedding.layout == layout && $0.digest == digest }
    if let same { return same.embedding }
    let embedding = try make()
    known = known.suffix(Self.most - 1) + [(digest, embedding)]
    return embedding
  }
}
