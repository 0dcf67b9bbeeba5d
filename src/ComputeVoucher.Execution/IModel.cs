using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution;

/// <summary>An immutable, verified model; one instance serves every session and thread.</summary>
public interface IModel : IDisposable
{
    /// <summary>"tflite" for integer graphs, "llama" for language models.</summary>
    public string Format { get; }

    /// <summary>keccak(04 ‖ specification version ‖ architecture digest ‖ parameters root).</summary>
    public Bytes32 ModelRoot { get; }

    /// <summary>Shortest acceptable input, in bytes; equal to the longest for graphs.</summary>
    public int InputBytesMin { get; }

    /// <summary>Longest acceptable input, in bytes.</summary>
    public int InputBytesMax { get; }

    /// <summary>What `model inspect` prints.</summary>
    public ModelDescription Description { get; }

    /// <summary>Judges an input without running it.</summary>
    /// <exception cref="ModelException">The input does not fit the model.</exception>
    public InputInfo CheckInput(ReadOnlySpan<byte> input);

    /// <summary>A session owns its buffers; it serves one run at a time, any number in turn.</summary>
    /// <param name="backend">A backend that is absent here is refused.</param>
    /// <param name="threads">1 or more; the result does not depend on it.</param>
    /// <exception cref="ModelException">This machine or build lacks the backend.</exception>
    public IModelSession CreateSession(Backend backend, int threads);
}
