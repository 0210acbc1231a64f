import Basics
import Foundation

/// Finding and reading configuration files. Every file is treated as hostile.
extension ConfigurationFamily {
  /// Families at a path. A configuration file stands for its family, a folder for all families in
  /// it, and `FOLDER/prefixkv_MODEL` or the name of a bundled MODEL (`llava-v1.5-7b`) for one.
  ///
  /// - Throws: `ConfigurationError` when there is none, or when a file of one is damaged.
  public static func families(at path: String) throws(ConfigurationError) -> [ConfigurationFamily] {
    switch try place(UserFolders().expanded(path)) {
    case .file(let url): return [try familyOfOne(url)]
    case .folder(let folder, let name): return try families(in: folder, named: name)
    }
  }

  /// The files that `families(at:)` reads; none where it throws.
  static func files(at path: String) -> [String] {
    switch try? place(UserFolders().expanded(path)) {
    case nil: return []
    case .file(let url): return [url.path]
    case .folder(let folder, let name):
      let names = (try? files(in: folder)) ?? []
      return names.filter { isMember($0, of: name) }.map { folder.path + "/" + $0 }
    }
  }

  private enum Place {
    /// A file whose name states no budget.
    case file(URL)
    /// The family of that name in a folder; nil stands for all families there.
    case folder(URL, String?)
  }

  private static func place(_ path: String) throws(ConfigurationError) -> Place {
    let url = URL(filePath: path)
    switch kind(of: path) {
    case S_IFDIR: return .folder(url, nil)
    case S_IFREG:
      guard let parts = split(url.lastPathComponent) else { return .file(url) }
      return .folder(url.deletingLastPathComponent(), parts.name)
    case 0:
      if let reason = brokenLinkReason(path) {
        throw .unreadable(.cannotRead(path: path, reason: reason))
      }
    default: throw .bad(path, "is neither a file nor a folder")
    }
    let parent = url.deletingLastPathComponent()
    if path.contains("/"), kind(of: parent.path) == S_IFDIR {
      return .folder(parent, url.lastPathComponent)
    }
    let bundled = AssetFolders.all().map { $0 + "/confs" }
    guard let folder = bundled.first(where: { kind(of: $0) == S_IFDIR }) else {
      throw .missing(path)
    }
    return .folder(URL(filePath: folder), "prefixkv_" + path)
  }

  /// `S_IFREG`, `S_IFDIR` or another type of file; 0 where there is nothing.
  private static func kind(of path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
  }

  /// The family of one file whose name states no budget: the mean of its shares is its budget.
  private static func familyOfOne(_ url: URL) throws(ConfigurationError) -> ConfigurationFamily {
    let shares = try read(url)
    let forgotten = shares.reduce(0, +) / Double(shares.count)
    return try ConfigurationFamily(
      name: url.deletingPathExtension().lastPathComponent,
      members: [Member(forgotten: forgotten, shares: shares)])
  }

  private static func families(in folder: URL, named name: String?) throws(ConfigurationError)
    -> [ConfigurationFamily]
  {
    var members: [String: [Member]] = [:]
    for file in try files(in: folder) {
      guard isMember(file, of: name), let parts = split(file) else { continue }
      let shares = try read(folder.appending(path: file))
      members[parts.name, default: []].append(
        Member(forgotten: parts.forgotten, shares: shares))
    }
    guard !members.isEmpty else {
      throw .missing(name.map { folder.appending(path: $0).path } ?? folder.path)
    }
    var families: [ConfigurationFamily] = []
    for (name, members) in members.sorted(by: { $0.key < $1.key }) {
      families.append(try ConfigurationFamily(name: name, members: members))
    }
    return families
  }

  /// Names in a folder, in order.
  private static func files(in folder: URL) throws(ConfigurationError) -> [String] {
    do { return try Folder.names(in: folder.path) } catch { throw .unreadable(error) }
  }

  /// Whether a file's name is that of a member; a nil family stands for all of them.
  private static func isMember(_ file: String, of family: String?) -> Bool {
    split(file).map { family == nil || $0.name == family } ?? false
  }

  /// `prefixkv_MODEL_R.json` into its parts; nil for other names.
  private static func split(_ file: String) -> (name: String, forgotten: Double)? {
    guard file.hasSuffix(".json") else { return nil }
    let stem = file.dropLast(5)
    guard let bar = stem.lastIndex(of: "_"),
      let forgotten = Double(stem[stem.index(after: bar)...]),
      (0...1).contains(forgotten)
    else { return nil }
    return (String(stem[..<bar]), forgotten)
  }

  /// The largest file that is read, far above any configuration: a hundred layers take 2 KiB.
  private static let mostBytes = 1 << 20

  private static func read(_ url: URL) throws(ConfigurationError) -> [Double] {
    var status = stat()
    guard stat(url.path, &status) == 0 else {
      throw .unreadable(.cannotRead(path: url.path, reason: systemReason()))
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .bad(url.path, "is not a file") }
    guard status.st_size > 0 else { throw .bad(url.path, "is empty") }
    guard status.st_size <= mostBytes else {
      throw .bad(
        url.path,
        "has \(Format.bytes(Int(status.st_size))); a configuration is below "
          + Format.bytes(mostBytes))
    }
    let bytes: Data
    do { bytes = try InputFile.contents(of: url.path) } catch { throw .unreadable(error) }
    guard let shares = try? JSONDecoder().decode([Double].self, from: bytes) else {
      throw .bad(url.path, "is not a JSON array of numbers")
    }
    guard !shares.isEmpty else { throw .bad(url.path, "is empty") }
    if let layer = shares.firstIndex(where: { !(0...1).contains($0) }) {
      throw .bad(url.path, "has \(shares[layer]) for layer \(layer)")
    }
    return shares
  }
}
