import Basics
import Foundation

/// The models in the cache of huggingface_hub.
///
/// A name is "owner/name". "@REVISION" may follow, and then ":Q4_K_M" or "/file.gguf", which
/// chooses one of several GGUF files. Without a revision `refs/main` is taken. A model that was
/// downloaded by its revision has no `refs/main`; then its only snapshot is taken.
struct HuggingFaceStore: ModelStore {
  let title = "the Hugging Face cache"
  let cache: HuggingFaceCache
  var root: String { cache.root }

  init(root: String) { cache = HuggingFaceCache(root: root) }

  static func stores(environment: [String: String]) -> [any ModelStore] {
    HuggingFaceCache.caches(environment: environment).map { HuggingFaceStore(root: $0.root) }
  }

  // MARK: Names

  func names() throws(WeightError) -> [String] {
    guard FileManager.default.fileExists(atPath: root) else { return [] }
    let entries: [String]
    do {
      entries = try Folder.names(in: root)
    } catch {
      throw .unreadable(path: root, reason: error.reason)
    }
    return entries.compactMap(Self.repository(ofFolder:)).flatMap(names(of:)).sorted()
  }

  /// The names of the models in one repository; one for each revision if there is no `refs/main`.
  private func names(of repository: String) -> [String] {
    let folder = cache.folder(of: repository)
    if MappedFile.isListed(folder + "/refs/main") {
      // A damaged reference is reported when the model is opened.
      let snapshot = (try? cache.revision("main", in: folder)).map { folder + "/snapshots/" + $0 }
      return snapshot.map { Self.selectors($0).map { repository + $0 } } ?? [repository]
    }
    let revisions = (try? Folder.names(in: folder + "/snapshots")) ?? []
    return revisions.flatMap { revision in
      let name = revisions.count == 1 ? repository : "\(repository)@\(revision)"
      return Self.selectors(folder + "/snapshots/" + revision).map { name + $0 }
    }
  }

  private static func selectors(_ snapshot: String) -> [String] {
    let selectors = (try? ModelFolder(snapshot))?.selectors ?? []
    return selectors.isEmpty ? [""] : selectors
  }

  /// "owner/name" of "models--owner--name"; nil for data sets and everything else.
  private static func repository(ofFolder name: String) -> String? {
    guard name.hasPrefix("models--") else { return nil }
    let repository = String(name.dropFirst(8)).replacing("--", with: "/", maxReplacements: 1)
    return Name(repository)?.repository == repository ? repository : nil
  }

  // MARK: One model

  func model(_ name: String) throws(WeightError) -> LocatedModel? {
    guard let parts = Name(name),
      let snapshot = try cache.snapshot(of: parts.repository, revision: parts.revision),
      let path = try ModelFolder(snapshot).chosen(
        parts.selector, of: parts.repository + (parts.revision.map { "@" + $0 } ?? ""))
    else { return nil }
    return LocatedModel(path: path, name: name, store: title)
  }

  /// The repository's own folder, or one of its snapshots, given as a path; nil for any other path.
  ///
  /// - Parameter selector: as `ModelFolder` takes it.
  static func model(atPath path: String, selector: String) throws(WeightError) -> LocatedModel? {
    let url = URL(filePath: path).standardized
    let above = url.deletingLastPathComponent()
    var snapshot: String?
    var name = ""
    if let repository = repository(ofFolder: url.lastPathComponent) {
      name = repository
      snapshot = try HuggingFaceCache(root: above.path).snapshot(of: repository)
    } else if above.lastPathComponent == "snapshots",
      let repository = repository(ofFolder: above.deletingLastPathComponent().lastPathComponent)
    {
      name = "\(repository)@\(url.lastPathComponent)"
      snapshot = path
    }
    guard let snapshot, let found = try ModelFolder(snapshot).chosen(selector, of: path) else {
      return nil
    }
    var model = LocatedModel(path: found)
    model.name = name
    return model
  }

  /// The parts of "owner/name@revision:Q4_K_M".
  struct Name: Equatable {
    /// "owner/name", or one word for the oldest repositories.
    let repository: String
    let revision: String?
    /// As `ModelFolder` takes it.
    let selector: String

    /// nil for what cannot be the name of a repository.
    init?(_ text: String) {
      var parts = text.split(separator: "/", omittingEmptySubsequences: false)
      let file = parts.dropFirst(2)
      parts = Array(parts.prefix(2))
      guard var last = parts.popLast() else { return nil }
      var type = ""
      if let colon = last.firstIndex(of: ":") {
        type = String(last[colon...])
        last = last[..<colon]
        guard file.isEmpty, HuggingFaceCache.isPart(type.dropFirst()) else { return nil }
      }
      let at = last.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = at.first, at.dropFirst().allSatisfy(HuggingFaceCache.isPart),
        file.allSatisfy(HuggingFaceCache.isPart),
        (parts + [name]).allSatisfy(HuggingFaceCache.isPart)
      else { return nil }
      repository = (parts + [name]).joined(separator: "/")
      revision = at.dropFirst().first.map(String.init)
      selector = file.isEmpty ? type : "/" + file.joined(separator: "/")
    }
  }
}
