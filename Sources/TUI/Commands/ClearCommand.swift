extension SlashCommand {
  static let clear = SlashCommand(name: "clear", summary: "forget the conversation") { state, _ in
    let stop: [AppEffect] = state.isAnswering ? [.post(.cancel)] : []
    state.transcript = []
    state.queue = []
    state.scroll = .following
    state.beginSession()
    state.acknowledge("the conversation is forgotten")
    return stop + [.post(.clear)]
  }
}
