import ArgumentParser

@main
struct PrefixKVCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prefixkv",
    abstract: "Chat with LLaVA in the terminal while the KV cache shrinks and grows.")
}
