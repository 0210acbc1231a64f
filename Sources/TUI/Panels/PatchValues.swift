import Basics
import Foundation
import Inference
import KVCache

/// What an overlay shows of each patch.
struct PatchValues {
  /// `[patches]`, each in [0, 1].
  let values: [Double]
  /// What 0 and 1 stand for; nil: the sentence says it.
  let ends: (low: String, high: String)?
  let sentence: String

  /// nil without an overlay, and before the cache holds the picture.
  init?(_ state: AppState) {
    guard let entries = state.entries, let patches = state.picture?.patches, !entries.kept.isEmpty
    else { return nil }
    let positions = entries.imagePositions
    guard positions.count >= patches.rows.count, !positions.isEmpty else { return nil }
    let shown = Array(positions.prefix(patches.rows.count))
    switch state.overlay {
    case .off: return nil
    case .kept: self.init(kept: entries, shown)
    case .layer: self.init(layer: state.selectedLayer, entries, shown)
    case .importance:
      guard let importance = entries.importance else { return nil }
      self.init(importance: importance, shown)
    case .attention:
      if let attention = state.selectedToken?.attention {
        self.init(attention, shown)
      } else if let patch = state.selectedPatch {
        self.init(selected: patch, shown)
      } else {
        return nil
      }
    }
  }

  private init(kept entries: CacheEntries, _ positions: [Int]) {
    let layers = entries.kept.count
    let counts = positions.map { position in entries.kept.count { $0.contains(position) } }
    values = counts.map { Double($0) / Double(layers) }
    ends = ("kept by no layer", "all \(layers)")
    let lost = counts.count { $0 == 0 }
    sentence = "\(lost) of \(positions.count) patches are kept by no layer"
  }

  private init(layer: Int, _ entries: CacheEntries, _ positions: [Int]) {
    let layer = min(layer, entries.kept.count - 1)
    let set = entries.kept[layer]
    values = positions.map { set.contains($0) ? 1 : 0 }
    ends = nil
    let kept = values.count { $0 == 1 }
    sentence = "layer \(layer) keeps \(kept) of \(positions.count) patches"
  }

  /// Two orders of magnitude of one token's attention; what is not among its most attended entries is
  /// at the lower end.
  private init(_ attention: TokenAttention, _ positions: [Int]) {
    var shares: [Int: Double] = [:]
    for entry in attention.entries { shares[entry.position] = entry.share }
    let high = max(positions.compactMap { shares[$0] }.max() ?? 0, 1e-12)
    values = positions.map { position in
      shares[position].map { min(1, max(0, 1 + log10($0 / high) / 2)) } ?? 0
    }
    ends = (
      Format.percent(high / 100, decimals: 2),
      "\(Format.percent(high, decimals: 1)) of its attention (log)"
    )
    sentence =
      "the token's attention went to the picture by "
      + Format.percent(attention.share(of: .image), decimals: 1)
  }

  private init(selected patch: Int, _ positions: [Int]) {
    values = positions.indices.map { $0 == patch ? 1 : 0 }
    ends = nil
    sentence = "patch \(patch) is selected"
  }

  /// Attention is spread over orders of magnitude, so its logarithm is shown: from the value that a
  /// twentieth of the patches stays below up to the largest.
  private init(importance: Importance, _ positions: [Int]) {
    let layers = Double(max(1, importance.rows.count))
    let means = positions.map { position in
      importance.rows.reduce(0) { $0 + Double(position < $1.count ? $1[position] : 0) } / layers
    }
    let sorted = means.sorted()
    let high = max(sorted[sorted.count - 1], 1e-12)
    let low = min(high / 2, max(sorted[sorted.count / 20], high * 1e-6))
    values = means.map { min(1, max(0, log(max($0, 1e-30) / low) / log(high / low))) }
    ends = (Format.digits(low, 2), "\(Format.digits(high, 2)) attention (log)")
    sentence =
      "attention received by a patch, mean over layers: "
      + "\(Format.digits(low, 2)) to \(Format.digits(high, 2))"
  }
}
