using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution;

/// <summary>An immutable, verified model; one instance serves every session and thread.</summary>
public interface IModel : IDisposable
{
    /// <summary>"tflite" for integer graphs, "llama" for language models.</summary>
    string Format { get; }

    /// <summary>The answer comes in many steps, one token each; false: in one.</summary>
    bool IsStream { get; }

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

    /// <summary>What its runs cost.</summary>
    IRunCosts Costs { get; }

    /// <summary>Judges an input without running it.</summary>
    /// <param name="input">As it is sent.</param>
    /// <param name="proofs">Proofs that are ordered with the run.</param>
    /// <exception cref="ModelException">The input does not fit the model.</exception>
    InputInfo CheckInput(ReadOnlySpan<byte> input, WantedProofs proofs = WantedProofs.None);

    /// <summary>
    /// What an answer commits to and costs, from its bytes alone: how a client checks a receipt
    /// before it acknowledges, without running the model.
    /// </summary>
    /// <param name="input">The input that was sent; the cost may depend on its length.</param>
    /// <param name="output">The whole output as <see cref="RunResult.Output"/> has it.</param>
    /// <param name="proofs">Proofs that were ordered with the run.</param>
    /// <exception cref="ModelException">No run of this model ends with such bytes.</exception>
    OutputInfo CheckOutput(ReadOnlySpan<byte> input, ReadOnlySpan<byte> output,
        WantedProofs proofs = WantedProofs.None);

    /// <summary>
    /// A session owns its buffers; it serves one run at a time, any number in turn.
    /// </summary>
    /// <param name="backend">A backend that is absent here is refused.</param>
    /// <param name="threads">1 or more; the result does not depend on it.</param>
    /// <exception cref="ModelException">This machine or build lacks the backend.</exception>
    IModelSession CreateSession(Backend backend, int threads);
}

/// <summary>What an accepted input will cost at most, known before anything runs.</summary>
/// <param name="InputRoot">List root over the tensor hashes of the model's inputs.</param>
/// <param name="UnitsMax">Compute units of a whole run with its proofs.</param>
/// <param name="StepsMax">Steps of a whole run; 1 for graphs.</param>
/// <param name="OutputBytesMax">Bytes of the longest answer.</param>
public readonly record struct InputInfo(
    Bytes32 InputRoot, ulong UnitsMax, uint StepsMax, long OutputBytesMax);

/// <summary>What a receipt for these output bytes has to say.</summary>
/// <param name="OutputRoot">List root over the outputs; see <see cref="RunResult"/>.</param>
/// <param name="Steps">Steps that the output shows; 1 for graphs.</param>
/// <param name="Units">Compute units of these steps.</param>
/// <param name="IsWhole">The run came to its own end; if not, only a Cancel allows it.</param>
public readonly record struct OutputInfo(
    Bytes32 OutputRoot, uint Steps, ulong Units, bool IsWhole)
{
    /// <summary>The one form of a result of zero steps, of every model: no tensors, no units, and
    /// never without a Cancel.</summary>
    public static OutputInfo Nothing { get; } =
        new(RunResult.Nothing(default).OutputRoot, Steps: 0, Units: 0, IsWhole: false);
}
