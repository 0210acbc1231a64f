import Basics
import CKernels
import Foundation

/// How much more memory this process can take before the system refuses or ends it.
public struct AvailableMemory: Sendable, Equatable {
  /// Bytes that can still be taken.
  public let bytes: Int
  /// What sets the limit, as part of a sentence.
  public let limit: String

  /// The tightest limit: the machine's free memory, what the control groups still allow, or what
  /// `ulimit -v` and `ulimit -d` leave. nil where nothing can be read.
  ///
  /// - Parameter root: the folder in which `proc` and `sys` are looked up.
  public static func measured(root: String = "") -> AvailableMemory? {
    let limits = [machine(root)].compactMap(\.self) + controlGroups(root) + processLimits(root)
    return limits.min { $0.bytes < $1.bytes }
  }

  /// Keeps a limited address space for models: no thread sets a part of it aside for itself, which
  /// `measured` could not know of. To be called before threads are started.
  public static func spareAddressSpace() { ck_spare_address_space() }

  /// What any command takes beside its code until a model is measured: above what `chat` was seen to
  /// need with panels, sessions and threads.
  private static let beginning = 32 << 20

  /// Why nothing can be begun under `ulimit -v` or `ulimit -d`: one sentence; nil where there is room.
  /// Without this, small allocations would end the program, wherever they come first.
  ///
  /// - Parameter root: the folder in which `proc` is looked up.
  public static func shortageAtStart(root: String = "") -> String? {
    guard let left = processLimits(root).min(by: { $0.bytes < $1.bytes }), left.bytes < beginning
    else { return nil }
    return "There is not enough memory to begin with: \(Format.bytes(beginning)) are needed before "
      + "a model is loaded, but only \(Format.bytes(left.bytes)) are \(left.limit). Raise the limit."
  }

  // MARK: The machine

  private static func machine(_ root: String) -> AvailableMemory? {
    guard let free = field("MemAvailable", of: root + "/proc/meminfo") else { return nil }
    let swap = field("SwapFree", of: root + "/proc/meminfo") ?? 0
    return AvailableMemory(bytes: free + swap, limit: "free on this machine")
  }

  /// A line "Name:  123 kB" of a file in `/proc`, in bytes.
  private static func field(_ name: String, of path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    let words = line?.split { $0 == " " || $0 == "\t" }
    guard let words, words.count > 1, let kibibytes = Int(words[1]) else { return nil }
    return multiplied(kibibytes, by: 1024)
  }

  // MARK: Control groups

  /// The limits of the process's group and of every group above it.
  ///
  /// Source: the kernel's `Documentation/admin-guide/cgroup-v2.rst` and `cgroup-v1/memory.rst`.
  private static func controlGroups(_ root: String) -> [AvailableMemory] {
    let path = root + "/proc/self/cgroup"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    var limits: [AvailableMemory] = []
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isUnified = parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains("memory") else { continue }
      let base = root + "/sys/fs/cgroup" + (isUnified ? "" : "/memory")
      var group = String(parts[2])
      while true {
        let folder = group == "/" ? base : base + group
        if let limit = isUnified ? unified(folder) : older(folder) { limits.append(limit) }
        guard group != "/", group.hasPrefix("/") else { break }
        group = PathText.folder(of: group)
      }
    }
    return limits
  }

  private static func unified(_ folder: String) -> AvailableMemory? {
    rest(
      maximum: number(folder + "/memory.max"), current: number(folder + "/memory.current"),
      reclaimable: statistic("inactive_file", of: folder + "/memory.stat"))
  }

  private static func older(_ folder: String) -> AvailableMemory? {
    rest(
      maximum: number(folder + "/memory.limit_in_bytes"),
      current: number(folder + "/memory.usage_in_bytes"),
      reclaimable: statistic("total_inactive_file", of: folder + "/memory.stat"))
  }

  /// What a group may still take. Its usage includes inactive pages of files, which are not counted
  /// here, because the kernel gives them up when memory is needed.
  private static func rest(
    maximum: Int?, current: Int?, reclaimable: Int?
  ) -> AvailableMemory? {
    guard let maximum, let current else { return nil }
    let used = max(0, current - min(current, reclaimable ?? 0))
    return AvailableMemory(
      bytes: max(0, maximum - min(used, maximum)), limit: "left in this control group (cgroup)")
  }

  /// The number in a file; nil for "max".
  private static func number(_ path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// A line "name 123" of a file.
  private static func statistic(_ name: String, of path: String) -> Int? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return line.flatMap { Int($0.dropFirst(name.count + 1)) }
  }

  // MARK: Limits of the process

  /// `ulimit -v` and `ulimit -d`, minus what is in use.
  private static func processLimits(_ root: String) -> [AvailableMemory] {
    let path = root + "/proc/self/limits"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    let rows = [
      ("Max address space", "VmSize", "left of the address space (ulimit -v)"),
      ("Max data size", "VmData", "left of the data segment (ulimit -d)"),
    ]
    return rows.compactMap { name, used, limit in
      let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
      let value = line?.dropFirst(name.count).split(separator: " ").first
      guard let maximum = value.flatMap({ Int($0) }),
        let used = field(used, of: root + "/proc/self/status")
      else { return nil }
      return AvailableMemory(bytes: max(0, maximum - min(used, maximum)), limit: limit)
    }
  }

  /// The product, or the largest number when it overflows.
  private static func multiplied(_ value: Int, by factor: Int) -> Int {
    let (product, overflow) = value.multipliedReportingOverflow(by: factor)
    return overflow ? .max : product
  }
}
