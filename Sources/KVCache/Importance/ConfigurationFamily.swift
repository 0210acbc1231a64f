import Basics

/// Prefix configurations estimated in advance for one model: for several budgets, the fraction that
/// each layer forgets.
///
/// On disk a configuration is a JSON array of one number per layer in a file named
/// `prefixkv_MODEL_R.json`, where R is the fraction forgotten over all layers. This is the format
/// of https://github.com/THU-MIG/PrefixKV.
public struct ConfigurationFamily: Sendable, Equatable {
  /// The part that all file names share, for example `prefixkv_llava-v1.5-7b`.
  public let name: String
  /// By ascending `forgotten`, all with the same number of layers.
  public let members: [Member]

  /// One configuration file.
  public struct Member: Sendable, Equatable {
    /// Fraction of all entries that is forgotten, in [0, 1].
    public var forgotten: Double
    /// `[layers]`: fraction of its entries that each layer forgets, in [0, 1].
    public var shares: [Double]
  }

  /// Layers of the model that the family is for.
  public var layers: Int { members.first?.shares.count ?? 0 }

  /// A family of these members, which are sorted.
  ///
  /// - Throws: `ConfigurationError.bad` when members differ in their number of layers, or when two
  ///   are for the same budget.
  init(name: String, members: [Member]) throws(ConfigurationError) {
    let members = members.sorted { $0.forgotten < $1.forgotten }
    for (member, next) in zip(members, members.dropFirst())
    where member.forgotten == next.forgotten {
      throw .bad(name, "has two files for \(member.forgotten)")
    }
    if let odd = members.first(where: { $0.shares.count != members[0].shares.count }) {
      throw .bad(
        "\(name)_\(odd.forgotten).json",
        "has \(odd.shares.count) layers, its neighbours \(members[0].shares.count)")
    }
    self.name = name
    self.members = members
  }

  /// The fraction that each layer forgets when `forgotten` of all entries are, in [0, 1]. Without a
  /// file for `forgotten`, shares are interpolated between the neighbouring files, and the note
  /// says so. At the ends, 0 (nothing is forgotten) and 1 (everything is) take the missing file's
  /// place.
  public func shares(forgotten: Double) -> (shares: [Double], note: String?) {
    if let member = members.first(where: { abs($0.forgotten - forgotten) < 1e-9 }) {
      return (member.shares, nil)
    }
    let nothing = Member(forgotten: 0, shares: Array(repeating: 0, count: layers))
    let everything = Member(forgotten: 1, shares: Array(repeating: 1, count: layers))
    if forgotten == 0 { return (nothing.shares, nil) }
    let lower = members.last { $0.forgotten < forgotten } ?? nothing
    let upper = members.first { $0.forgotten > forgotten } ?? everything
    let weight = (forgotten - lower.forgotten) / (upper.forgotten - lower.forgotten)
    let shares = zip(lower.shares, upper.shares).map { $0 + ($1 - $0) * weight }
    let kept = [1 - forgotten, 1 - lower.forgotten, 1 - upper.forgotten].map(Format.percent)
    return (
      shares,
      "\(name) has no configuration for \(kept[0]); interpolated between \(kept[1]) and \(kept[2])."
    )
  }
}
