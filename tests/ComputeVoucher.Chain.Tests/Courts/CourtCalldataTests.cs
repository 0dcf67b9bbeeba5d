using System;
using System.Linq;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>Every encoder of the court's bindings against what the compiler says of its function.
/// </summary>
/// <remarks>No two members of a sample are equal, so none can stand in another's place.</remarks>
[Trait("Category", "load")]
public sealed class CourtCalldataTests
{
    private static readonly VoucherClass s_class = new(
        At(1), 0x102, 0x103, 0x104, 0x105, 0x106, 0x107, Hash(8), At(9));

    private static readonly ChannelTerms s_channel = new(
        At(11), At(12), At(13), Hash(14), Hash(15));

    private static readonly Order s_order = new(
        Hash(21), 0x116, Hash(23), Hash(24), 0x119, 0x11a, (OrderFlags)0x0b, Hash(28));

    private static readonly Brief s_brief = new(s_class, s_channel, s_order, Signed(31));

    private static readonly SignedStatement s_receipt = SignedStatement.Of(
        new Receipt(Hash(41), 0x12a, Hash(43), Hash(44), 0x12d), Signed(46));

    private static readonly SignedStatement s_root = SignedStatement.Of(
        new TraceRootStatement(Hash(51), 0x134, Hash(53)), Signed(54));

    private static readonly Matter s_matter = new(
        new CourtRun(Hash(61), Hash(62), Hash(63), Hash(64), 0x141, 0x142, 0x143), Hash(68),
        Hash(69), At(70), At(71), At(72), At(73), 0x14a, 0x14b, 0x14c, DisputePurpose.Cancel);

    private static readonly RecordOpening s_first = new(
        0x151, Enumerable.Repeat((byte)0x52, 128).ToArray(), new[] { Hash(83), Hash(84) });

    private static readonly RecordOpening s_second = new(
        0x155, new byte[] { 0x56, 0x57 }, Array.Empty<Bytes32>());

    private static readonly TensorMember s_member = new(
        Hash(91), new[] { Hash(92), Hash(93), Hash(94) });

    private static readonly Delivery s_delivery = new(
        s_order, Signed(101), s_receipt, new byte[] { 0x66, 0x67, 0x68 });

    private static readonly string[] s_classWords =
        [A(1), "102", "103", "104", "105", "106", "107", H(8), A(9)];

    private static readonly string[] s_channelWords = [A(11), A(12), A(13), H(14), H(15)];

    private static readonly string[] s_orderWords =
        [H(21), "116", H(23), H(24), "119", "11a", "b", H(28)];

    private static readonly string[] s_briefWords =
        [.. s_classWords, .. s_channelWords, .. s_orderWords, .. S(31)];

    private static readonly string[] s_receiptWords =
        ["1", H(41), "12a", H(43), H(44), "12d", .. S(46)];

    private static readonly string[] s_rootWords = ["", H(51), "134", "", H(53), "", .. S(54)];

    private static readonly string[] s_matterWords =
    [
        H(61), H(62), H(63), H(64), "141", "142", "143", H(68), H(69), A(70), A(71), A(72), A(73),
        "14a", "14b", "14c", "2",
    ];

    private static readonly string[] s_firstWords =
        ["151", "#128", string.Concat(Enumerable.Repeat("52", 128)), "#2", H(83), H(84)];

    private static readonly string[] s_secondWords = ["155", "#2", "5657", "#0"];

    private static readonly string[] s_recordWords = ["#2", .. s_firstWords, .. s_secondWords];

    private static readonly string[] s_memberWords = [H(91), "#3", H(92), H(93), H(94)];

    private static readonly string[] s_deliveryWords =
        [.. s_orderWords, .. S(101), .. s_receiptWords, "#3", "666768"];

    private static RecordOpening[] Record => [s_first, s_second];

    [AnvilFact(NeedsContracts = true)]
    public void Court_EveryCall_IsWhatTheInterfaceDeclares()
    {
        Check("Court", "appoint", CourtContract.Appoint(s_channel, At(2), true),
            s_channelWords, [A(2), "1"]);
        Check("Court", "record", CourtContract.Record(At(2), Hash(3), [4, 5]),
            [A(2), H(3), "#2", "0405"]);
        Check("Court", "refund",
            CourtContract.Refund(s_class, s_channel, 0x201, 0x202, 0x203, 0x204, [1, 2]),
            s_classWords, s_channelWords, ["201", "202", "203", "204", "#2", "0102"]);
        Check("Court", "showSmaller", CourtContract.ShowSmaller(s_brief, s_receipt),
            s_briefWords, s_receiptWords);
        Check("Court", "showReceipt", CourtContract.ShowReceipt(s_brief, s_receipt),
            s_briefWords, s_receiptWords);
        Check("Court", "collectShare",
            CourtContract.CollectShare(At(2), At(3), 0x204, Hash(5)), [A(2), A(3), "204", H(5)]);
    }

    [AnvilFact(NeedsContracts = true)]
    public void Claims_EveryCall_IsWhatTheInterfaceDeclares()
    {
        ClaimStart start = ClaimStart.Of(new Ack(Hash(1), 0x202, 0x203), Signed(4));
        byte[] claim = ClaimsContract.Claim(s_class, s_channel, start, [s_delivery, s_delivery]);
        Check("Claims", "claim", claim,
            s_classWords, s_channelWords, ["202", "203", .. S(4), "#2"],
            s_deliveryWords, s_deliveryWords);
        Check("Claims", "ask", ClaimsContract.Ask(s_brief, 0x202, Signed(3), s_first),
            s_briefWords, ["202", .. S(3)], s_firstWords);
        Check("Claims", "ask",
            ClaimsContract.Ask(s_brief, 0x202, Signed(3), RecordOpening.None),
            s_briefWords, ["202", .. S(3)], ["", "#0", "", "#0"]);
        Check("Claims", "answer", ClaimsContract.Answer(s_class, s_channel, s_delivery),
            s_classWords, s_channelWords, s_deliveryWords);
        Check("Claims", "wantInput", ClaimsContract.WantInput(s_brief), s_briefWords);
        Check("Claims", "showInput", ClaimsContract.ShowInput(s_brief, [1, 2, 3]),
            s_briefWords, ["#3", "010203"]);
        Check("Claims", "timeout", ClaimsContract.Timeout(s_class, s_channel, 0x201),
            s_classWords, s_channelWords, ["201"]);
        Check("Claims", "trust", ClaimsContract.Trust(s_channel, At(2), true),
            s_channelWords, [A(2), "1"]);
        Check("Claims", "finalise",
            ClaimsContract.Finalise(s_brief, s_receipt, s_first, At(2), [3], [4, 5]),
            s_briefWords, s_receiptWords, s_firstWords, [A(2), "#1", "03", "#2", "0405"]);

        Check("Claims", "attest",
            ClaimsContract.Attest(s_brief, s_receipt, s_first, At(2), [3]),
            s_briefWords, s_receiptWords, s_firstWords, [A(2), "#1", "03"]);

        Assert.True(ClaimsContract.TryReadClaim(
            claim, out ChannelTerms channel, out Delivery[] deliveries));
        Assert.Equal(s_channel, channel);
        Assert.Equal(2, deliveries.Length);
        Assert.All(deliveries, d => Assert.Equal(s_order, d.Order));
        Assert.All(deliveries, d => Assert.Equal(s_receipt, d.Receipt));
        Assert.All(deliveries, d => Assert.Equal([0x66, 0x67, 0x68], d.Output.ToArray()));
        // The contract does not read the 29 bytes of padding at the end.
        Assert.True(ClaimsContract.TryReadClaim(claim.AsSpan(..^29), out _, out _));
        Assert.False(ClaimsContract.TryReadClaim(claim.AsSpan(..^30), out _, out _));
    }

    [AnvilFact(NeedsContracts = true)]
    public void Contradictions_EveryCall_IsWhatTheInterfaceDeclares()
    {
        string[] opened = [.. s_briefWords, .. s_receiptWords];
        Check("Challenges", "open",
            ChallengesContract.Open(
                s_brief, s_receipt, DisputePurpose.Output, Record, s_second),
            opened, ["1"], s_recordWords, s_secondWords);
        Check("Contradictions", "equivocation",
            ContradictionsContract.Equivocation(s_brief, s_receipt, s_root, Record),
            opened, s_rootWords, s_recordWords);
        Check("Contradictions", "units",
            ContradictionsContract.Units(s_brief, s_receipt, []), opened, ["#0"]);
        Check("Contradictions", "steps",
            ContradictionsContract.Steps(s_brief, s_receipt, Record, 0x201, 0x202, s_first),
            opened, s_recordWords, ["201", "202"], s_firstWords);
        Check("Contradictions", "nothing", ContradictionsContract.Nothing(s_brief, s_receipt),
            opened);
        Check("Contradictions", "input",
            ContradictionsContract.Input(s_brief, s_receipt, [s_member]),
            opened, ["#1"], s_memberWords);
        Check("Contradictions", "output",
            ContradictionsContract.Output(s_brief, s_receipt, s_root, [s_member, s_member]),
            opened, s_rootWords, ["#2"], s_memberWords, s_memberWords);
        Check("Contradictions", "element",
            ContradictionsContract.Element(
                s_brief, s_receipt, s_root, Record, CommittedTree.Output, [7, 8]),
            opened, s_rootWords, s_recordWords, ["1", "#2", "0708"]);
    }

    [AnvilFact(NeedsContracts = true)]
    public void Disputes_EveryMove_IsWhatTheInterfaceDeclares()
    {
        string[] move = ["201", .. s_matterWords];
        Check("Disputes", "answerRoot", DisputesContract.AnswerRoot(0x201, s_matter, s_root),
            move, s_rootWords);
        Check("Disputes", "answerCancel",
            DisputesContract.AnswerCancel(0x201, s_matter, Signed(2)), move, S(2));
        byte[] answer = DisputesContract.Answer(0x201, s_matter, [1, 2]);
        Check("Disputes", "answer", answer, move, ["#2", "0102"]);
        byte[] operands = DisputesContract.AnswerOperands(0x201, s_matter, [1], [2, 3], [4, 5, 6]);
        Check("Disputes", "answerOperands", operands,
            move, ["#1", "01", "#2", "0203", "#3", "040506"]);
        Check("Disputes", "wantInput", DisputesContract.WantInput(0x201, s_matter), move);
        byte[] shown = DisputesContract.ShowInput(0x201, s_matter, [9]);
        Check("Disputes", "showInput", shown, move, ["#1", "09"]);
        Check("Disputes", "pick",
            DisputesContract.Pick(0x201, s_matter, 0x202, Hash(3), [Hash(4), Hash(5)]),
            move, ["202", H(3), "#2", H(4), H(5)]);
        Check("Disputes", "askOperands", DisputesContract.AskOperands(0x201, s_matter, [1, 2]),
            move, ["#2", "0102"]);
        Check("Disputes", "prove", DisputesContract.Prove(0x201, s_matter, [1]),
            move, ["#1", "01"]);
        Check("Disputes", "refute", DisputesContract.Refute(0x201, s_matter, [1], [2], [3]),
            move, ["#1", "01", "#1", "02", "#1", "03"]);
        Check("Disputes", "defer",
            DisputesContract.Defer(0x201, s_matter, s_class, s_channel, 0x202, 0x203, 0x204, [5]),
            move, s_classWords, s_channelWords, ["202", "203", "204", "#1", "05"]);
        Check("Disputes", "start", DisputesContract.Start(0x201, s_matter), move);
        Check("Disputes", "timeout", DisputesContract.Timeout(0x201, s_matter), move);
        Check("Disputes", "collect", FeesContract.Collect(At(2)), [A(2)]);
        Check("Claims", "collect", FeesContract.Collect(At(2)), [A(2)]);

        Assert.True(DisputesContract.TryReadAnswer(answer, out ulong id, out byte[] nodes));
        Assert.Equal((0x201ul, "0102"), (id, Convert.ToHexString(nodes)));
        Assert.True(DisputesContract.TryReadOperands(
            operands, out id, out byte[] request, out byte[] values));
        Assert.Equal("01 0203", $"{Convert.ToHexString(request)} {Convert.ToHexString(values)}");
        Assert.True(DisputesContract.TryReadInput(shown, out id, out byte[] input));
        Assert.Equal([9], input);
        Assert.False(DisputesContract.TryReadAnswer(shown, out _, out _));
    }

    [AnvilFact(NeedsContracts = true)]
    public void Registry_EveryCall_IsWhatTheInterfaceDeclares()
    {
        Check("Registry", "store", RegistryContract.Store([1, 2]), ["#2", "0102"]);
        Check("Registry", "start", RegistryContract.Start(Hash(1), [Hash(2), Hash(3)]),
            [H(1), "#2", H(2), H(3)]);
        Check("Registry", "proceed", RegistryContract.Proceed(Hash(1), 0x202), [H(1), "202"]);
    }

    private static void Check(string contract, string name, byte[] data, params string[][] words)
    {
        (string Name, string[] Values) read = DeclaredCall.Read(contract, data);
        Assert.Equal(name, read.Name);
        Assert.Equal(words.SelectMany(w => w), read.Values);
    }

    private static Address At(byte n) => new([.. Enumerable.Repeat(n, Address.Size)]);

    private static Bytes32 Hash(byte n) => new([.. Enumerable.Repeat((byte)(0x80 | n), 32)]);

    private static Signature Signed(byte n) => new(
        [.. Enumerable.Repeat((byte)(0x80 | n), 32), .. Enumerable.Repeat((byte)(n + 1), 32)]);

    private static string A(byte n) => Text(n, Address.Size);

    private static string H(byte n) => Text((byte)(0x80 | n), Bytes32.Size);

    private static string[] S(byte n) => [H(n), Text((byte)(n + 1), Bytes32.Size)];

    private static string Text(byte n, int count) => Convert
        .ToHexStringLower([.. Enumerable.Repeat(n, count)])
        .TrimStart('0');
}
