import Basics
import Foundation

/// The cache of huggingface_hub: `models--OWNER--NAME/{refs,snapshots/REVISION,blobs}`.
///
/// A name is "owner/name"; behind it may stand "@REVISION" and what chooses one of several GGUF files:
/// ":Q4_K_M" or "/file.gguf". Without a revision `refs/main` counts; a model that was downloaded by
/// its revision has none, and then its only snapshot is meant.
///
/// Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
struct HuggingFaceStore: ModelStore {
  let title = "the Hugging Face cache"
  let root: String

  static func stores(environment: [String: String]) -> [any ModelStore] {
    caches(environment: environment)
  }

  /// By the rules of huggingface_hub.
  static func caches(environment: [String: String]) -> [HuggingFaceStore] {
    let folders = UserFolders(environment: environment)
    for variable in ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"] {
      if let cache = folders.path(in: variable) { return [HuggingFaceStore(root: cache)] }
    }
    let home = folders.path(in: "HF_HOME") ?? folders.caches + "/huggingface"
    return [HuggingFaceStore(root: home + "/hub")]
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

  /// The models of one repository, revision by revision where `refs/main` names none.
  private func names(of repository: String) -> [String] {
    let folder = folder(of: repository)
    if MappedFile.isListed(folder + "/refs/main") {
      // What is wrong with a reference is said when the model is asked for.
      let snapshot = (try? revision("main", in: folder)).map { folder + "/snapshots/" + $0 }
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

  private func folder(of repository: String) -> String {
    root + "/models--" + repository.replacing("/", with: "--")
  }

  // MARK: One model

  func model(_ name: String) throws(WeightError) -> LocatedModel? {
    guard let parts = Name(name),
      let snapshot = try snapshot(of: parts.repository, revision: parts.revision),
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
      snapshot = try HuggingFaceStore(root: above.path).snapshot(of: repository)
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

  /// The folder of a snapshot; nil when the repository or the revision is not in the cache.
  ///
  /// - Parameter revision: a commit, the beginning of one, or a branch; nil for what is usual.
  /// - Throws: `WeightError` when a reference is damaged, or when it is not clear which is meant.
  func snapshot(of repository: String, revision: String? = nil) throws(WeightError) -> String? {
    let folder = folder(of: repository)
    let name = revision ?? "main"
    var found = name
    if MappedFile.isListed(folder + "/refs/" + name) {
      found = try self.revision(name, in: folder)
    } else {
      let names = ((try? Folder.names(in: folder + "/snapshots")) ?? [])
        .filter { revision == nil || $0.hasPrefix(name) }
      guard names.count < 2 || names.contains(name) else {
        throw .unsupported(
          path: folder,
          detail: "it holds \(names.count) revisions"
            + (revision.map { " that begin with '\($0)'" }
              ?? " and no refs/main says which is meant")
            + "; give one of " + names.map { "'\(repository)@\($0)'" }.joined(separator: ", "))
      }
      guard let only = names.contains(name) ? name : names.first else { return nil }
      found = only
    }
    let snapshot = folder + "/snapshots/" + found
    return FileManager.default.fileExists(atPath: snapshot) ? snapshot : nil
  }

  /// The revision that a reference names.
  private func revision(_ name: String, in folder: String) throws(WeightError) -> String {
    let path = folder + "/refs/" + name
    let file = try MappedFile(path: path)
    let revision =
      file.bytes.count > 200
      ? ""
      : String(decoding: file.contents(), as: UTF8.self).trimmingCharacters(
        in: .whitespacesAndNewlines)
    guard Name.isPart(revision[...]) else {
      throw .damaged(path: path, detail: "it names no revision")
    }
    return revision
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
        guard file.isEmpty, Self.isPart(type.dropFirst()) else { return nil }
      }
      let at = last.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = at.first, at.dropFirst().allSatisfy(Self.isPart),
        file.allSatisfy(Self.isPart),
        (parts + [name]).allSatisfy(Self.isPart)
      else { return nil }
      repository = (parts + [name]).joined(separator: "/")
      revision = at.dropFirst().first.map(String.init)
      selector = file.isEmpty ? type : "/" + file.joined(separator: "/")
    }

    /// One component of a path that leads down and nowhere else.
    static func isPart(_ part: Substring) -> Bool {
      !part.isEmpty && part.utf8.count <= 200 && part.first != "." && part.first != "~"
        && part.unicodeScalars.allSatisfy {
          $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0))
        }
    }
  }
}
