/// The parts of a path as text. (Foundation's functions for that trap on a path of one character.)
public enum PathText {
  /// The last name: "c" of "a/b/c" and "a/b/c/", "/" of the root, and "" of an empty path.
  public static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? (path.isEmpty ? "" : "/")
  }

  /// The path up to its last name: "a/b" of "a/b/c" and "a/b/c/", "." of "c", "/" of "/c" and of the
  /// root.
  public static func folder(of path: String) -> String {
    guard let last = path.lastIndex(where: { $0 != "/" }) else { return path.isEmpty ? "." : "/" }
    guard let slash = path[..<last].lastIndex(of: "/") else { return "." }
    guard let end = path[..<slash].lastIndex(where: { $0 != "/" }) else { return "/" }
    return String(path[...end])
  }

  /// The part of the name after its last dot, "jpg" of "a/b.jpg"; "" when the name has no dot or
  /// begins with its only one.
  public static func ending(of path: String) -> String {
    let name = name(of: path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return String(name[name.index(after: dot)...])
  }

  /// The name without its ending and the dot before that.
  public static func stem(of path: String) -> String {
    let (name, ending) = (name(of: path), ending(of: path))
    return ending.isEmpty ? name : String(name.dropLast(ending.count + 1))
  }
}
