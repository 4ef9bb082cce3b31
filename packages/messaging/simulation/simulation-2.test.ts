import { describeSeeds } from './seeds.contract.ts';

describeSeeds(1_001, 1_000);
