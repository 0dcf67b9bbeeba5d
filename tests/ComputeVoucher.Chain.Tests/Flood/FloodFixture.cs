using System;
using System.Diagnostics;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain.Tests;

/// <summary>The real contracts on a chain of large blocks, and a stranger's contract that opens
/// channels in bulk: <c>Flood.sol</c>, compiled here by the pinned compiler.</summary>
public sealed class FloodFixture : VouchersFixture
{
    private const string ClassType =
        "(address,uint128,uint64,uint32,uint32,uint16,uint16,bytes32,address)";

    // Opened by one transaction: 250 million gas.
    private const int ChannelsPerTransaction = 6_000;

    // A thousand million; the chain's limit is twice that.
    private const string GasMax = "0x3b9aca00";

    private static readonly FunctionSelector s_mint =
        FunctionSelector.Of($"mint(address,{ClassType},uint256)");

    private static readonly FunctionSelector s_open =
        FunctionSelector.Of($"open(address,{ClassType},uint256,address,uint256,uint256)");

    private Address _flood;
    private ulong _opened;

    /// <summary>Room for bulk.</summary>
    protected override string AnvilArguments => "--gas-limit 2000000000";

    /// <summary>Opens channels of one unit to a node: of a worthless class, or of the pinned one.
    /// </summary>
    internal async Task FloodAsync(int count, PrivateKey node, bool isPinned)
    {
        _flood = _flood.IsZero ? await DeployFloodAsync() : _flood;
        VoucherClass terms = isPinned ? Class : Class with { Token = _flood };
        if (isPinned)
        {
            await SendAsync(
                Holder, Vouchers.Address, VouchersContract.Mint(terms, (ulong)count, _flood));
        }
        else
        {
            await BulkAsync(new AbiWriter().Write(Vouchers.Address), terms, s_mint,
                writer => writer.Write((ulong)count));
        }

        for (int left = count; left > 0; left -= ChannelsPerTransaction)
        {
            ulong some = (ulong)Math.Min(left, ChannelsPerTransaction);
            await BulkAsync(new AbiWriter().Write(Vouchers.Address), terms, s_open,
                writer => writer.Write(terms.HashStruct()).Write(node.Address).Write(_opened)
                    .Write(some));
            _opened += some;
        }
    }

    private async Task BulkAsync(
        AbiWriter writer,
        VoucherClass terms,
        FunctionSelector selector,
        Func<AbiWriter, AbiWriter> rest)
    {
        // The nine words of a class, from a call that begins with them.
        byte[] words = VouchersContract.Mint(terms, 1, default);
        for (int i = 0; i < 9; i++)
        {
            int start = FunctionSelector.Size + (i * Bytes32.Size);
            writer.Write(new Bytes32(words.AsSpan(start, Bytes32.Size)));
        }

        byte[] call = rest(writer).ToCall(selector);
        JsonElement receipt = await TransactAsync($",\"to\":\"{_flood}\"", call);
        Assert.Equal("0x1", receipt.GetProperty("status").GetString());
    }

    private async Task<Address> DeployFloodAsync()
    {
        byte[] code = await CompileAsync();
        JsonElement receipt = await TransactAsync("", code);
        return Address.Parse(receipt.GetProperty("contractAddress").GetString()!);
    }

    /// <summary>From an account that the chain signs for.</summary>
    private async Task<JsonElement> TransactAsync(string to, byte[] data)
    {
        JsonElement accounts = await Anvil.RpcAsync("eth_accounts");
        string call = $"\"from\":\"{accounts[5]}\"{to},\"data\":\"{Hex.Encode(data)}\"";
        JsonElement hash = await Anvil.RpcAsync(
            "eth_sendTransaction", $"{{{call},\"gas\":\"{GasMax}\"}}");
        JsonElement receipt = default;
        await Patience.UntilAsync(async () =>
        {
            receipt = await Anvil.RpcAsync("eth_getTransactionReceipt", $"\"{hash}\"");
            return receipt.ValueKind == JsonValueKind.Object;
        });
        return receipt;
    }

    private static async Task<byte[]> CompileAsync()
    {
        string root = SharedData.RepositoryRoot;
        string source = await File.ReadAllTextAsync(
            Path.Combine(root, "tests/ComputeVoucher.Chain.Tests/Flood/Flood.sol"));
        string input = $$$$$"""
            {"language":"Solidity",
            "sources":{"Flood.sol":{"content":"{{{{{JsonEncodedText.Encode(source)}}}}}"}},
            "settings":{"optimizer":{"enabled":true,"runs":800},"evmVersion":"cancun",
            "outputSelection":{"*":{"*":["evm.bytecode.object"]}}}}
            """;
        ProcessStartInfo start = new("node")
        {
            ArgumentList = { Path.Combine(root, "src/contracts/solc.mjs"), "--standard-json" },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process compiler = Process.Start(start)!;
        await compiler.StandardInput.WriteAsync(input);
        compiler.StandardInput.Close();
        using JsonDocument output = JsonDocument.Parse(
            await compiler.StandardOutput.ReadToEndAsync());
        return Hex.Decode(output.RootElement.GetProperty("contracts").GetProperty("Flood.sol")
            .GetProperty("Flood").GetProperty("evm").GetProperty("bytecode")
            .GetProperty("object").GetString());
    }
}
