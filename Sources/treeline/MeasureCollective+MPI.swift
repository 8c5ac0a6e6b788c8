import ArgumentParser
import CUDABackend
import MPIRanks
import Quantities

extension MeasureCollective {
  func measureOverMPI(_ plan: CollectivePlan) throws {
    throw MPIFailure.notBuilt
  }
}
