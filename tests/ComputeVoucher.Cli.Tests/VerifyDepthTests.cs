using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Trace;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli.Tests;

/// <summary>What each depth of `verify receipt` finds, and what only a deeper one does. The node
/// signs whatever it committed to, right or wrong.</summary>
public sealed class VerifyDepthTests : IDisposable
{
    private static readonly PrivateKey s_spend =
        PrivateKey.FromBytes(Keccak256.Hash("spend"u8).Span);

    private static readonly PrivateKey s_node =
        PrivateKey.FromBytes(Keccak256.Hash("node"u8).Span);

    private static readonly Bytes32 s_separator = new VoucherDomain(1, default, default)
        .VouchersSeparator;

    private static readonly ChannelTerms s_channel =
        new(default, s_node.Address, s_spend.Address, default, default);

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    public static TheoryData<string> Models => ["ad", "kws", "stories260K"];

    [SharedDataTheory("tflite")]
    [MemberData(nameof(Models))]
    public void HonestRun_IsRightAtEveryDepth_WithItsFigures(string name)
    {
        using Served served = new(name);
        Assert.Contains("not executed again", Signatures(served), StringComparison.Ordinal);
        Assert.Contains("1 of 1 opened at random", Opened(served), StringComparison.Ordinal);
        Assert.Contains("executed again", Full(served), StringComparison.Ordinal);
        // Nobody chose the elements before: each run draws others.
        string again = Opened(served);
        Assert.NotEqual(Opened(served), again);
        Assert.Contains("1 % wrong: 92.37 %", again, StringComparison.Ordinal);
        Assert.Contains("misses", again, StringComparison.Ordinal);
    }

    /// <summary>A changed statement is found without any model.</summary>
    [SharedDataFact("tflite")]
    public void ChangedReceipt_IsFoundBySignatures()
    {
        using Served served = new("ad");
        served.Line = served.Line.Replace(
            "\"units\":", "\"units\":1", StringComparison.Ordinal);
        Assert.Throws<CommandException>(() => Signatures(served));
    }

    /// <summary>Half of the elements wrong: signatures hold, random openings find it.</summary>
    [SharedDataTheory("tflite")]
    [MemberData(nameof(Models))]
    public void TraceWithManyWrongElements_IsFoundByOpenings(string name)
    {
        using Served served = new(name);
        served.Sign(served.Changed((tensor, element) => element % 2 == 0));
        Signatures(served);
        string found = Assert.Throws<CommandException>(() => Opened(served)).Message;
        Assert.Contains(" is right (draw ", found, StringComparison.Ordinal);
        Assert.Throws<CommandException>(() => Full(served));
    }

    /// <summary>One element and those that read it, of many: mostly missed, as is said, and found
    /// by the full depth.</summary>
    [SharedDataFact("tflite")]
    public void TraceWithOneWrongElement_IsFoundByExecution()
    {
        using Served served = new("kws");
        served.Sign(served.Changed((tensor, element) =>
            tensor == served.Last - 1 && element == 0));
        Signatures(served);
        bool isMissed = Enumerable.Range(0, 20).Any(
            _ => Record.Exception(() => Opened(served, openings: 1)) is null);
        Assert.True(isMissed);
        string wrong = Assert.Throws<CommandException>(() => Full(served)).Message;
        Assert.Contains("trace", wrong, StringComparison.Ordinal);
    }

    /// <summary>Openings need a word of the node: the receipt's, or that of `trace`, which may not
    /// contradict it.</summary>
    [SharedDataFact("tflite")]
    public void SignedTrace_TakesThePlaceOfTheReceipts_AndMayNotContradictIt()
    {
        using Served served = new("ad", OrderFlags.None);
        string none = Assert.Throws<CommandException>(() => Opened(served)).Message;
        Assert.Contains("computevoucher trace", none, StringComparison.Ordinal);
        TraceRootStatement word = new(served.Receipt.OrderHash, 1, served.Trace.Root);
        Assert.Contains("1 of 1 opened", Opened(served, word), StringComparison.Ordinal);
        Assert.Throws<CommandException>(() => Opened(served, word with { Steps = 2 }));

        using Served both = new("ad");
        string twice = Assert.Throws<CommandException>(() => Opened(both, new TraceRootStatement(
            both.Receipt.OrderHash, 1, Keccak256.Hash("x"u8)))).Message;
        Assert.Contains("two different results", twice, StringComparison.Ordinal);
    }

    private string Signatures(Served served) => Report(served, null, null);

    private string Full(Served served) => Report(served, served.Model, null);

    private string Opened(Served served, TraceRootStatement? word = null, int? openings = null) =>
        Report(served, served.Model, new RandomOpenings(
            served.Model, served.Trace, word, openings ?? RandomOpenings.Default));

    private string Report(Served served, IModel? model, RandomOpenings? openings)
    {
        File.WriteAllText(_file, served.Line + "\n");
        InputFile? inputs = model is null or { IsStream: true }
            ? null : InputFile.Of([served.Input]);
        using ReceiptVerifier verifier = new(s_channel, s_separator, model, inputs, openings);
        verifier.CheckFile(_file);
        return verifier.Report().ToText();
    }

    /// <summary>One order and what a node committed to and signed.</summary>
    private sealed class Served : IDisposable
    {
        private readonly List<Kept> _tensors = [];
        private readonly Order _order;
        private readonly RunResult _result;

        public Served(string name, OrderFlags flags = OrderFlags.TraceRootWanted)
        {
            bool isText = name == "stories260K";
            Model = isText
                ? LanguageModel.Open(SharedData.PathOf("llama", name + ".gguf"))
                : ModelFile.Open(SharedData.PathOf("tflite", name, "model.tflite"));
            Input = isText
                ? new InputRecord([1, 403, 407], 4, [2], SamplingOptions.Greedy).Encode()
                : File.ReadAllBytes(SharedData.PathOf("tflite", name, "random0.in"));
            using IModelSession session = Model.CreateSession(Backend.Auto, 1);
            _result = session.Run(Input, new RunOptions
            {
                Trace = true,
                OnTensor = (in TracedTensor tensor) => _tensors.Add(new Kept(
                    tensor.Operator, tensor.Type, tensor.Dims.ToArray(),
                    tensor.Data.ToArray())),
            });
            Trace = RecordedTrace.OfTensors(
                _tensors.Select(tensor => (tensor.Type, tensor.Dims, tensor.Data)));
            _order = new Order(s_channel.HashStruct(), 7, Model.ModelRoot, _result.InputRoot,
                _result.Units, 1_900_000_000, flags, default);
            Line = "";
            Sign(Trace);
        }

        public IModel Model { get; }

        public byte[] Input { get; }

        public RecordedTrace Trace { get; private set; }

        /// <summary>The tensor that nothing reads.</summary>
        public int Last => _tensors.Count - 1;

        public Receipt Receipt { get; private set; }

        public string Line { get; set; }

        /// <summary>The trace with some elements of the tensors between input and output changed.
        /// </summary>
        public RecordedTrace Changed(Func<int, int, bool> isWrong) => RecordedTrace.OfTensors(
            _tensors.Select((tensor, i) =>
            {
                byte[] changed = [.. tensor.Data];
                bool isEnd = i == 0 || i == Last || tensor.Operator == "token";
                int bytes = TraceTree.ElementBytes(tensor.Type);
                for (int at = 0; !isEnd && at < changed.Length; at += bytes)
                {
                    changed[at] ^= isWrong(i, at / bytes) ? (byte)1 : (byte)0;
                }

                return (tensor.Type, tensor.Dims, changed);
            }));

        public void Sign(RecordedTrace trace)
        {
            Trace = trace;
            bool isTraced = (_order.Flags & OrderFlags.TraceRootWanted) != 0;
            Receipt = new Receipt(_order.HashStruct(), _result.Steps, _result.OutputRoot,
                isTraced ? trace.Root : default, _result.Units);
            Line = ReceiptLine.Write(
                Model,
                SignedPayload.Encode(_order, s_spend.Sign(_order.Digest(s_separator))),
                SignedPayload.Encode(Receipt, s_node.Sign(Receipt.Digest(s_separator))),
                _result.Output, Input);
        }

        public void Dispose() => Model.Dispose();
    }

    private sealed record Kept(string Operator, TensorType Type, int[] Dims, byte[] Data);
}
