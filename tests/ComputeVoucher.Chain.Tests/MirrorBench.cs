using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>A mirror over a chain in memory, seen through one endpoint or more.</summary>
internal sealed class MirrorBench : IDisposable
{
    private static readonly Address s_node = Address.Parse(
        "0x00000000000000000000000000000000000000a1");

    private ulong _salts;

    public MirrorBench(int endpoints = 1)
    {
        VoucherDomain domain = new(31337, s_node, default);
        Chain = new SimulatedChain(domain, new Prng(1), failuresPercent: 0);
        List<Uri> urls = [];
        Queue<SimulatedView> views = [];
        for (int i = 0; i < endpoints; i++)
        {
            Views.Add(new SimulatedView());
            views.Enqueue(Views[i]);
            urls.Add(new Uri($"http://endpoint{i}.invalid"));
        }

        Rpc = new JsonRpcClient(new RpcOptions
        {
            Endpoints = urls,
            HandlerFactory = () => Chain.Connect(views.Dequeue()),
        }, Clock);
        Contract = new VouchersContract(Rpc, domain.Vouchers);
        Chain.Genesis = (ulong)Clock.GetUtcNow().ToUnixTimeSeconds();
    }

    public static Bytes32 Class { get; } = Keccak256.Hash("pinned"u8);

    public ManualClock Clock { get; } = new();

    public SimulatedChain Chain { get; }

    public List<SimulatedView> Views { get; } = [];

    public JsonRpcClient Rpc { get; }

    public VouchersContract Contract { get; }

    public MemoryMirrorStore Store { get; } = new();

    public MirrorOptions Options { get; init; } = new()
    {
        Confirmations = 1,
        Classes = [Class],
        UnitsMin = 1_000,
    };

    public int Calls(string method) => Chain.Calls.GetValueOrDefault(method);

    public ChannelMirror Mirror(MirrorOptions? options = null) =>
        new(Rpc, Contract, Store, s_node, options ?? Options);

    public ChannelTerms NewTerms(Bytes32? classId = null) => new(
        default, s_node, default, classId ?? Class,
        Keccak256.Hash(BitConverter.GetBytes(++_salts)));

    /// <summary>Channels in the newest block, which is a new one.</summary>
    public List<ChannelTerms> Open(int count, ulong units = 1_000, Bytes32? classId = null)
    {
        Chain.Mine();
        List<ChannelTerms> opened = [];
        for (int i = 0; i < count; i++)
        {
            opened.Add(NewTerms(classId));
            Chain.OpenHere(opened[i], units);
        }

        return opened;
    }

    public ChannelRow Row(in ChannelTerms terms) => Store.Row(terms.HashStruct());

    /// <summary>Steps to the head; none of them may fail.</summary>
    public static async Task FollowAsync(ChannelMirror mirror)
    {
        bool isWhole = false;
        while (!isWhole)
        {
            isWhole = (await mirror.StepAsync(default)).IsWhole;
            Assert.Null(mirror.Problem);
        }
    }

    public void Dispose() => Rpc.Dispose();
}
