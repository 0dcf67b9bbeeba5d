using System;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.TestKit;

/// <summary>A stream of three steps: each adds its number and costs ten units.</summary>
public sealed class FakeModel : IModel, IModelSession, IRunCosts
{
    public const uint Steps = 3;

    public const ulong UnitsPerStep = 10;

    /// <summary>Executions, whatever came of them.</summary>
    public int Runs { get; private set; }

    public string Format => "llama";

    public bool IsStream => true;

    public Bytes32 ModelRoot { get; } = Keccak256.Hash("model"u8);

    public int InputBytesMin => 0;

    public int InputBytesMax { get; init; } = 1024;

    public ModelDescription Description => throw new NotSupportedException();

    public Backend Backend => Backend.Scalar;

    public IRunCosts Costs => this;

    ulong IRunCosts.Run(uint prompt, uint steps, WantedProofs proofs) => steps * UnitsPerStep;

    public InputInfo CheckInput(
        ReadOnlySpan<byte> input, WantedProofs proofs = WantedProofs.None) =>
        new(Keccak256.Hash(input), Steps * UnitsPerStep, Steps, OutputBytesMax: Steps);

    public OutputInfo CheckOutput(ReadOnlySpan<byte> input, ReadOnlySpan<byte> output,
        WantedProofs proofs = WantedProofs.None) => output.IsEmpty
            ? OutputInfo.Nothing
            : new(Keccak256.Hash(output), (uint)output.Length,
                UnitsPerStep * (ulong)output.Length, IsWhole: output.Length == Steps);

    public IModelSession CreateSession(Backend backend, int threads) => this;

    public RunResult Run(
        ReadOnlySpan<byte> input, in RunOptions options, StepCallback? onStep = null)
    {
        Runs++;
        uint last = options.StepsMax == 0 ? Steps : Math.Min(Steps, options.StepsMax);
        byte[] output = new byte[last];
        uint step = 0;
        bool goOn = true;
        while (goOn && step < last)
        {
            output[step] = (byte)++step;
            goOn = onStep is null || onStep(step, [(byte)step]);
        }

        Array.Resize(ref output, (int)step);
        return new RunResult
        {
            Output = output,
            Steps = step,
            Units = step * UnitsPerStep,
            InputRoot = Keccak256.Hash(input),
            OutputRoot = step == 0
                ? RunResult.Nothing(default).OutputRoot
                : Keccak256.Hash(output),
            TraceRoot = options.Trace ? Keccak256.Hash(output) : Bytes32.Zero,
        };
    }

    public void Dispose()
    {
    }
}
