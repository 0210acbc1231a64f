import Basics
import Foundation

/// Prefix configurations estimated in advance for one model: for several budgets, the fraction that
/// each layer forgets.
///
/// On disk a configuration is a JSON array of one number per layer in a file named
/// `prefixkv_MODEL_R.json`, R the fraction forgotten over all layers: the format of
/// https://github.com/THU-MIG/PrefixKV.
public struct ConfigurationFamily: Sendable, Equatable {
  /// What the file names share, for example `prefixkv_llava-v1.5-7b`.
  public let name: String
  /// By ascending `forgotten`; `shares` is `[layers]`.
  public let members: [Member]

  public struct Member: Sendable, Equatable {
    public var forgotten: Double
    public var shares: [Double]
  }

  public var layers: Int { members.first?.shares.count ?? 0 }

  /// Checks that all members have the same number of layers.
  init(name: String, members: [Member]) throws(ConfigurationError) {
    let members = members.sorted { $0.forgotten < $1.forgotten }
    if let odd = members.first(where: { $0.shares.count != members[0].shares.count }) {
      throw .bad(
        "\(name)_\(odd.forgotten).json",
        "has \(odd.shares.count) layers, its neighbours \(members[0].shares.count)")
    }
    self.name = name
    self.members = members
  }

  /// The fraction each layer forgets when `forgotten` of all entries go. Without a file for it, it is
  /// interpolated between the neighbouring ones (beyond the last, towards forgetting nothing or all)
  /// and the note says so.
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
    let kept = [1 - forgotten, 1 - lower.forgotten, 1 - upper.forgotten].map(Self.percent)
    return (
      shares,
      "\(name) has no configuration for \(kept[0]); interpolated between \(kept[1]) and \(kept[2])."
    )
  }

  private static func percent(_ share: Double) -> String {
    let tenths = (share * 1000).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths)) %" : "\(tenths) %"
  }

  // MARK: Reading

  /// Families at a path: a configuration file stands for its family, a folder for all in it, and
  /// `FOLDER/prefixkv_MODEL` or a bundled MODEL name (`llava-v1.5-7b`) for one.
  public static func families(at path: String) throws(ConfigurationError) -> [ConfigurationFamily] {
    let path = NSString(string: path).expandingTildeInPath
    let url = URL(filePath: path)
    switch kind(of: path) {
    case S_IFDIR: return try families(in: url, prefix: nil)
    case S_IFREG:
      guard let parts = split(url.lastPathComponent) else {
        let shares = try read(url)
        let forgotten = shares.reduce(0, +) / Double(shares.count)
        let name = url.deletingPathExtension().lastPathComponent
        return [
          try ConfigurationFamily(
            name: name, members: [Member(forgotten: forgotten, shares: shares)])
        ]
      }
      return try families(in: url.deletingLastPathComponent(), prefix: parts.name)
    case 0: break
    default: throw .bad(path, "is neither a file nor a folder")
    }
    let parent = url.deletingLastPathComponent()
    if path.contains("/"), kind(of: parent.path) == S_IFDIR {
      return try families(in: parent, prefix: url.lastPathComponent)
    }
    guard let bundled = bundledFolder() else { throw .missing(path) }
    return try families(in: bundled, prefix: "prefixkv_" + path)
  }

  private static func kind(of path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
  }

  /// `assets/confs` above the working directory or above the program.
  private static func bundledFolder() -> URL? {
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    let here = URL(filePath: FileManager.default.currentDirectoryPath)
    for start in [here, program] {
      var folder = start
      while folder.path != "/" {
        let candidate = folder.appending(path: "assets/confs")
        if kind(of: candidate.path) == S_IFDIR { return candidate }
        folder = folder.deletingLastPathComponent()
      }
    }
    return nil
  }

  private static func families(in folder: URL, prefix: String?) throws(ConfigurationError)
    -> [ConfigurationFamily]
  {
    let files: [String]
    do {
      files = try Folder.names(in: folder.path)
    } catch {
      throw .bad(folder.path, "cannot be listed: \(error.reason)")
    }
    var members: [String: [Member]] = [:]
    for file in files {
      guard let parts = split(file), prefix == nil || parts.name == prefix else { continue }
      let shares = try read(folder.appending(path: file))
      members[parts.name, default: []].append(
        Member(forgotten: parts.forgotten, shares: shares))
    }
    guard !members.isEmpty else {
      throw .missing(folder.path + (prefix.map { "/\($0)" } ?? ""))
    }
    var families: [ConfigurationFamily] = []
    for name in members.keys.sorted() {
      families.append(try ConfigurationFamily(name: name, members: members[name]!))
    }
    return families
  }

  /// `prefixkv_MODEL_R.json` into its parts.
  private static func split(_ file: String) -> (name: String, forgotten: Double)? {
    guard file.hasSuffix(".json") else { return nil }
    let stem = file.dropLast(5)
    guard let bar = stem.lastIndex(of: "_"),
      let forgotten = Double(stem[stem.index(after: bar)...]),
      (0...1).contains(forgotten)
    else { return nil }
    return (String(stem[..<bar]), forgotten)
  }

  private static func read(_ url: URL) throws(ConfigurationError) -> [Double] {
    var status = stat()
    guard stat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .bad(url.path, "is not a file")
    }
    guard status.st_size > 0 else { throw .bad(url.path, "is empty") }
    guard status.st_size <= 1 << 20 else {
      throw .bad(url.path, "has \(status.st_size) bytes; a configuration is below 1 MiB")
    }
    let shares: [Double]
    do {
      shares = try JSONDecoder().decode([Double].self, from: Data(contentsOf: url))
    } catch {
      throw .bad(url.path, "is not a JSON array of numbers")
    }
    guard !shares.isEmpty else { throw .bad(url.path, "is empty") }
    if let layer = shares.firstIndex(where: { !(0...1).contains($0) }) {
      throw .bad(url.path, "has \(shares[layer]) for layer \(layer)")
    }
    return shares
  }
}

/// Why a prefix configuration could not be used.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
  case missing(String)
  case bad(String, String)
  case layers(found: [String], wanted: Int)
  case ambiguous([String])

  private static let form =
    "A configuration is a JSON array with the fraction each layer forgets (0 to 1), in a file prefixkv_MODEL_R.json"

  public var description: String {
    switch self {
    case .missing(let path):
      "No prefix configuration was found at \(path). \(Self.form)."
    case .bad(let path, let problem):
      "The prefix configuration \(path) \(problem). \(Self.form)."
    case .layers(let found, let wanted):
      "The model has \(wanted) layers; the configurations found are for others: \(found.joined(separator: ", "))."
    case .ambiguous(let names):
      "Several configurations fit: \(names.joined(separator: ", ")). Write prefixkv:FOLDER/NAME with one of them."
    }
  }
}
