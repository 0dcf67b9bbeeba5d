using System;

namespace ComputeVoucher.Node;

/// <summary>
/// A refusal meant for the operator: one line that says what, where and the remedy.
/// </summary>
public sealed class NodeException(string line, Exception? cause = null) : Exception(line, cause);
