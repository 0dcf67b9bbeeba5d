using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution;

/// <summary>An immutable, verified model; one instance serves every session and thread.</summary>
public interface IModel : IDisposable
{
    /// <summary>"tflite" for integer graphs, "llama" for language models.</summary>
    string Format { get; }

    /// <summary>
    /// keccak(04 ‖ specification version ‖ architecture digest ‖ parameters root).
    /// </summary>
    Bytes32 ModelRoot { get; }

    /// <summary>Shortest acceptable input, in bytes; equal to the longest for graphs.</summary>
    int InputBytesMin { get; }

    /// <summary>Longest acceptable input, in bytes.</summary>
    int InputBytesMax { get; }

    /// <summary>What `model inspect` prints.</summary>
    ModelDescription Description { get; }

    /// <summary>Judges an input without running it.</summary>
    /// <exception cref="ModelException">The input does not fit the model.</exception>
    InputInfo CheckInput(ReadOnlySpan<byte> input);

    /// <summary>
    /// What an answer commits to and costs, from its bytes alone: how a client checks a receipt
    /// before it acknowledges, without running the model.
    /// </summary>
    /// <param name="input">The input that was sent; the cost may depend on its length.</param>
    /// <param name="output">The whole output as <see cref="RunResult.Output"/> has it.</param>
    /// <exception cref="ModelException">No run of this model ends with such bytes.</exception>
    OutputInfo CheckOutput(ReadOnlySpan<byte> input, ReadOnlySpan<byte> output);

    /// <summary>
    /// A session owns its buffers; it serves one run at a time, any number in turn.
    /// </summary>
    /// <param name="backend">A backend that is absent here is refused.</param>
    /// <param name="threads">1 or more; the result does not depend on it.</param>
    /// <exception cref="ModelException">This machine or build lacks the backend.</exception>
    IModelSession CreateSession(Backend backend, int threads);
}
