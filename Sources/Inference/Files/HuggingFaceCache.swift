import Basics
import Foundation

/// The cache of huggingface_hub: `models--OWNER--NAME/{refs,snapshots/REVISION,blobs}`.
///
/// Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
struct HuggingFaceCache {
  let root: String

  /// The caches that the environment names, by the rules of huggingface_hub.
  static func caches(environment: [String: String]) -> [HuggingFaceCache] {
    let folders = UserFolders(environment: environment)
    for variable in ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"] {
      if let cache = folders.path(in: variable) { return [HuggingFaceCache(root: cache)] }
    }
    let home = folders.path(in: "HF_HOME") ?? folders.caches + "/huggingface"
    return [HuggingFaceCache(root: home + "/hub")]
  }

  func folder(of repository: String) -> String {
    root + "/models--" + repository.replacing("/", with: "--")
  }

  /// The folder of a snapshot; nil when the repository or the revision is not in the cache.
  ///
  /// - Parameter revision: a commit, the beginning of one, or a branch; nil for `main`, or for the
  ///   only snapshot where there is no `main`.
  /// - Throws: `WeightError` when a reference is damaged, or when several snapshots fit.
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
  func revision(_ name: String, in folder: String) throws(WeightError) -> String {
    let path = folder + "/refs/" + name
    let file = try MappedFile(path: path)
    let revision =
      file.bytes.count > 200
      ? ""
      : String(decoding: file.contents(), as: UTF8.self).trimmingCharacters(
        in: .whitespacesAndNewlines)
    guard Self.isPart(revision[...]) else {
      throw .damaged(path: path, detail: "it names no revision")
    }
    return revision
  }

  /// Whether a text is one component of a path that leads down and nowhere else.
  static func isPart(_ part: Substring) -> Bool {
    !part.isEmpty && part.utf8.count <= 200 && part.first != "." && part.first != "~"
      && part.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0))
      }
  }
}
