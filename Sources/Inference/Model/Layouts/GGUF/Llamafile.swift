/// A llamafile: a program that is also a zip archive, with uncompressed GGUF files in it.
///
/// Source: https://github.com/mozilla-ai/llamafile, "llamafile/zip.c".
enum Llamafile {
  /// The first bytes of such files: of a program for Windows and Unix in one, for Unix alone, or of
  /// a plain archive.
  private static let beginnings = [Array("MZqFpD".utf8), Array("jartsr".utf8), ZipArchive.magic]

  /// Whether the file may be a llamafile. PyTorch's files are archives, too, but have other names.
  static func recognises(_ file: MappedFile) -> Bool {
    beginnings.dropLast().contains { file.bytes.starts(with: $0) }
      || (file.path.hasSuffix(".llamafile") && file.bytes.starts(with: ZipArchive.magic))
  }

  /// The GGUF files in the archive.
  ///
  /// - Throws: `WeightError` when there are none, or one is damaged.
  static func files(in file: MappedFile) throws(WeightError) -> [GGUFFile] {
    let archive: ZipArchive
    do {
      archive = try ZipArchive(file.bytes, names: { $0.hasSuffix(".gguf") })
    } catch let problem as ZipArchive.Problem {
      throw .damaged(path: file.path, detail: problem.detail)
    } catch {
      throw .damaged(path: file.path, detail: "its zip directory is cut short")
    }
    guard !archive.entries.isEmpty else {
      throw .unsupported(
        path: file.path,
        detail: "it is a llamafile without a model; give the .gguf file that it is used with")
    }
    var files: [GGUFFile] = []
    for (_, bytes) in archive.entries.sorted(by: { $0.key < $1.key }) {
      guard let start = bytes.baseAddress, let base = file.bytes.baseAddress else { continue }
      let first = start - base
      files.append(try GGUFFile(file, within: first..<first + bytes.count))
    }
    return files
  }
}
