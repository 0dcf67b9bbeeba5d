using System;
using System.IO;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>A chain with the real contracts, one class, one provider and a rich holder.</summary>
public class VouchersFixture : IAsyncLifetime
{
    private static int s_salts;

    private AnvilProcess? _anvil;

    public AnvilProcess Anvil => _anvil ?? throw new InvalidOperationException("no anvil here");

    /// <summary>Of the chain, beside those of every test.</summary>
    protected virtual string AnvilArguments => "";

    internal JsonRpcClient Rpc { get; private set; } = null!;

    internal VoucherDomain Domain { get; private set; } = null!;

    internal VouchersContract Vouchers { get; private set; } = null!;

    internal ProvidersContract Providers { get; private set; } = null!;

    internal Erc20Contract Token { get; private set; } = null!;

    internal VoucherClass Class { get; private set; }

    internal PrivateKey Deployer { get; } = PrivateKey.Parse(AnvilProcess.Keys[0]);

    internal PrivateKey Provider { get; } = PrivateKey.Parse(AnvilProcess.Keys[1]);

    internal PrivateKey Holder { get; } = PrivateKey.Parse(AnvilProcess.Keys[2]);

    internal PrivateKey Spender { get; } = PrivateKey.Parse(AnvilProcess.Keys[3]);

    public async Task InitializeAsync()
    {
        if (AnvilNeeds.Missing(contracts: true) is not null)
        {
            return;
        }

        _anvil = await AnvilProcess.StartAsync(AnvilArguments);
        Rpc = AnvilFixture.Client(_anvil.Url);
        Address token = await DeployAsync("DevStablecoin", []);
        Address providers = await DeployAsync("Providers", []);
        Address vouchers = await DeployAsync(
            "Vouchers", new AbiWriter().Write(providers).ToArray());
        Token = new Erc20Contract(Rpc, token);
        Providers = new ProvidersContract(Rpc, providers);
        Vouchers = new VouchersContract(Rpc, vouchers);
        Domain = new VoucherDomain(AnvilFixture.ChainId, vouchers, providers);
        BlockHeader head = (await Rpc.BlockAsync(BlockTag.Latest, default))!;
        Class = new VoucherClass(
            token, 2_000_000, head.Timestamp + 90 * 86_400, 7 * 86_400, 0, 0, 0, default, default);
        await SendAsync(Holder, token, Erc20Contract.Mint(Holder.Address, 10_000_000_000_000UL));
        await SendAsync(Holder, token, Erc20Contract.Approve(vouchers, UInt256.MaxValue));
        await SendAsync(
            Holder, vouchers, VouchersContract.Mint(Class, 1_000_000_000_000_000, Holder.Address));
        await _anvil.MineAsync(3);
    }

    public async Task DisposeAsync()
    {
        Rpc?.Dispose();
        Deployer.Dispose();
        Provider.Dispose();
        Holder.Dispose();
        Spender.Dispose();
        if (_anvil is not null)
        {
            await _anvil.DisposeAsync();
        }
    }

    /// <summary>A node key that belongs to the provider, with gas of its own.</summary>
    internal async Task<PrivateKey> NewNodeAsync()
    {
        PrivateKey node = PrivateKey.FromBytes(NextSalt().Span);
        await Anvil.RpcAsync("anvil_setBalance", $"\"{node.Address}\",\"0x56bc75e2d63100000\"");
        NodeJoin join = new(Provider.Address);
        Signature signature = node.Sign(join.Digest(Domain.ProvidersSeparator));
        await SendAsync(
            Provider, Providers.Address, ProvidersContract.Join(node.Address, signature));
        return node;
    }

    internal ChannelTerms NewTerms(PrivateKey node) => new(
        Holder.Address, node.Address, Spender.Address, Class.HashStruct(), NextSalt());

    internal Task<TransactionReceipt> OpenAsync(ChannelTerms terms, ulong units) =>
        SendAsync(Holder, Vouchers.Address, VouchersContract.Open(Class, terms, units));

    internal (Ack Ack, Signature Signature) Acknowledge(ChannelTerms terms, ulong units)
    {
        Ack ack = new(terms.HashStruct(), units, 1);
        return (ack, Spender.Sign(ack.Digest(Domain.VouchersSeparator)));
    }

    internal Signature SignRelease(PrivateKey node, ChannelTerms terms, ulong units) =>
        node.Sign(new Release(terms.HashStruct(), units).Digest(Domain.VouchersSeparator));

    /// <summary>Through an outbox, as the commands do; mined, not yet final.</summary>
    internal async Task<TransactionReceipt> SendAsync(PrivateKey key, Address? to, byte[] data)
    {
        using Outbox outbox = new(
            Rpc, new DyingOutboxStore(), key, AnvilFixture.Options(), new ManualClock());
        OutboxEntry item = await outbox.SubmitAsync(
            new OutboxRequest { Kind = "test", To = to, Data = data }, default);
        TransactionReceipt? receipt = null;
        OutboxEntry? done = null;
        await Patience.UntilAsync(async () =>
        {
            foreach (OutboxChange change in await outbox.StepAsync(default))
            {
                receipt = change.Receipt ?? receipt;
                done = change.Entry.State >= OutboxState.Mined ? change.Entry : done;
            }

            return done is not null;
        }, () => outbox.Problem ?? $"item {item.Id} is not mined");
        Assert.True(done!.Outcome == OutboxOutcome.Succeeded, $"{done.Outcome} {done.Note}");
        return receipt!;
    }

    private static Bytes32 NextSalt() => Keccak256.Hash(
        BitConverter.GetBytes(1_000_000 + Interlocked.Increment(ref s_salts)));

    private async Task<Address> DeployAsync(string contract, byte[] arguments)
    {
        using JsonDocument artifact = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(CompiledContract.OutFolder, contract + ".json")));
        byte[] code = Hex.Decode(artifact.RootElement.GetProperty("bytecode").GetString());
        TransactionReceipt receipt = await SendAsync(Deployer, null, [.. code, .. arguments]);
        return receipt.ContractAddress!.Value;
    }
}
