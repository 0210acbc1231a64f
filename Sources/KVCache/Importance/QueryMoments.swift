/// Sums over the query vectors of one layer, taken before rotary embedding.
public struct QuerySums: Sendable, Equatable {
  /// Query vectors that were added, the same for every head.
  public var count: Int
  /// `[heads, headDim]`: sum of the vectors.
  public var sums: [Float]
  /// `[heads, headDim, headDim]`: sum of the products of every two elements.
  public var products: [Float]
  /// `[pairs]`: angle in radians by which rotary embedding turns elements i and i + pairs from one
  /// position to the next. Elements from 2 * pairs on, if any, are not turned.
  public var frequencies: [Float]

  /// Creates sums; the arrays have the shapes of the properties.
  public init(count: Int, sums: [Float], products: [Float], frequencies: [Float]) {
    self.count = count
    self.sums = sums
    self.products = products
    self.frequencies = frequencies
  }

  mutating func add(_ other: QuerySums) {
    count += other.count
    for index in sums.indices { sums[index] += other.sums[index] }
    for index in products.indices { products[index] += other.products[index] }
  }
}

/// How the queries of a prompt are distributed, for policies that expect later queries to be like
/// them.
///
/// Queries are taken before rotary embedding, since afterwards they differ by position: a policy
/// turns the mean to the positions that it expects, elements i and i + pairs together by the angle
/// `position * frequencies[i]`. The first positions of a sequence are left out: their queries
/// are unlike all others (https://arxiv.org/abs/2309.17453).
///
/// Source: Devoto et al., "Expected Attention: KV Cache Compression by Estimating Attention from
/// Future Queries Distribution", https://arxiv.org/abs/2510.00636.
public struct QueryMoments: Sendable, Equatable {
  /// First positions of a sequence whose queries are left out, as in the authors' code.
  public static let sinks = 4

  /// Elements of one query vector.
  public let headDim: Int
  /// `[layers]`; nil for a layer without queries.
  private var layers: [QuerySums?]

  init(layers: Int, headDim: Int) {
    self.headDim = headDim
    self.layers = Array(repeating: nil, count: layers)
  }

  /// Query vectors of each head that were added; 0 when nothing was recorded.
  public var count: Int { layers.first??.count ?? 0 }
  /// Query heads; head h reads the keys of head `h * kvHeads / heads`.
  public var heads: Int { (layers.first??.sums.count ?? 0) / headDim }
  /// `[pairs]`: angle in radians by which elements i and i + pairs turn from one position to the
  /// next.
  public var frequencies: [Float] { layers.first??.frequencies ?? [] }

  /// Mean query vector of one query head, `[headDim]`.
  public func mean(layer: Int, head: Int) -> [Float] {
    guard let sums = layers[layer], sums.count > 0 else { return zeros(headDim) }
    return sums.sums[head * headDim..<(head + 1) * headDim].map { $0 / Float(sums.count) }
  }

  /// Mean of `query * queryᵀ` of one query head, `[headDim, headDim]`. The covariance is this minus
  /// the product of the mean with itself.
  public func secondMoment(layer: Int, head: Int) -> [Float] {
    let size = headDim * headDim
    guard let sums = layers[layer], sums.count > 0 else { return zeros(size) }
    return sums.products[head * size..<(head + 1) * size].map { $0 / Float(sums.count) }
  }

  /// Covariance of the query vectors of one query head, `[headDim, headDim]`.
  public func covariance(layer: Int, head: Int) -> [Float] {
    let mean = mean(layer: layer, head: head)
    return secondMoment(layer: layer, head: head).enumerated().map { index, product in
      product - mean[index / headDim] * mean[index % headDim]
    }
  }

  mutating func add(_ sums: QuerySums, layer: Int) {
    if layers[layer] == nil { layers[layer] = sums } else { layers[layer]!.add(sums) }
  }

  mutating func removeAll() { layers = layers.map { _ in nil } }

  private func zeros(_ count: Int) -> [Float] { Array(repeating: 0, count: count) }
}
