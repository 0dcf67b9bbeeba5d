using System;

namespace ComputeVoucher.Execution;

/// <summary>
/// A model, an input or a backend that cannot be used. The message is one line for the operator:
/// what, where, and the remedy where there is one.
/// </summary>
public sealed class ModelException(string message, Exception? inner = null)
    : Exception(message, inner);
