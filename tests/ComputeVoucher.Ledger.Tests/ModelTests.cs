using System.Threading.Tasks;
using ComputeVoucher.Ledger.Internal;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Ledger.Tests;

/// <summary>
/// Random lives of a ledger beside a model, reopened at random points: every answer, every sum and
/// everything readable must agree, and the disk must say what the memory says.
/// </summary>
public sealed class ModelTests
{
    private static readonly int s_steps = Runs.Count(fast: 250, full: 2_000);

    public static TheoryData<ulong> Seeds => Runs.Seeds(11, 12, 13, 14, 15, 16);

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task RandomLife_AgreesWithTheModel(ulong seed)
    {
        using TemporaryDirectory directory = new();
        History history = new(seed);
        Prng pace = new(seed * 31);
        LedgerStore store = Given.Open(directory);
        try
        {
            for (int i = 0; i < s_steps; i++)
            {
                Task durable = history.Step(store);
                store.CheckInvariants();
                if (pace.Chance(10))
                {
                    await durable;
                    Assert.Equal(
                        history.Model.Describe(),
                        LedgerModel.Describe(store, History.SettingNames));
                    await store.FlushAsync();
                    store.Read(disk => LedgerMemory.Load(disk, History.Policy))
                        .CheckInvariants();
                }

                if (pace.Chance(4))
                {
                    store.Dispose();
                    store = Given.Open(directory);
                    Assert.Equal(
                        history.Model.Describe(),
                        LedgerModel.Describe(store, History.SettingNames));
                }
            }

            Assert.InRange(history.Refused, 10, s_steps / 2);
        }
        finally
        {
            store.Dispose();
        }
    }

    [Fact]
    public async Task RecoverTwice_SameState()
    {
        using TemporaryDirectory directory = new();
        History history = new(5);
        using LedgerStore store = Given.Open(directory);
        for (int i = 0; i < 100; i++)
        {
            _ = history.Step(store);
        }

        await store.FlushAsync();
        using TemporaryDirectory crashed = directory.Copy();
        string first;
        using (LedgerStore recovered = Given.Open(crashed))
        {
            first = LedgerModel.Describe(recovered, History.SettingNames);
        }

        using LedgerStore again = Given.Open(crashed);
        Assert.Equal(first, LedgerModel.Describe(again, History.SettingNames));
        Assert.Equal(history.Model.Describe(), first);
    }
}
